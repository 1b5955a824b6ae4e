import type { Table, Tensor } from '../tensor.ts';
import type { HelperFunction } from './random-source.ts';

export const X = 'this.thread.x';
export const Y = 'this.thread.y';

/** What kernels are written for: a hardware GPU, or gpu.js on the processor. */
export type Target = 'gpu' | 'processor';

/** WebGPU guarantees 8 storage buffers for a kernel, of which one is the result. */
export const MAX_ARGUMENTS = 7;

/**
 * One kernel call of a step. The text computes one element of `out`, in column X and row Y: it names its arguments as
 * two-dimensional arrays, `a[Y][X]`.
 */
export interface KernelCall {
  readonly out: Tensor;
  readonly args: ReadonlyMap<string, Tensor>;
  readonly lines: string;
  readonly result: string;
  /** Values of `this.constants`, of type Float. */
  readonly floats: Readonly<Record<string, number>>;
  readonly functions: readonly HelperFunction[];
  /** What `this.constants.table` holds: see tables.ts. */
  readonly table: Table | null;
  /** Whether the kernel's last argument, `step`, is the number of the step within its chunk, or the row of its counter. */
  readonly takesStep: boolean;
  /** Number of the counter whose row for the step is the argument; null for the number of the step. */
  readonly counter: number | null;
}

/** @param body ends with its only `return` */
export function call(
  out: Tensor,
  args: Readonly<Record<string, Tensor>>,
  body: string,
  options: Partial<Pick<KernelCall, 'floats' | 'functions' | 'table' | 'takesStep'>> = {},
): KernelCall {
  const end = body.lastIndexOf('return ');
  return {
    floats: {},
    functions: [],
    table: null,
    takesStep: false,
    ...options,
    out,
    args: new Map(Object.entries(args)),
    lines: body.slice(0, end).trim(),
    result: body.slice(end + 'return '.length).replace(/;\s*$/, ''),
    counter: null,
  };
}

/** The source of the kernel. With replicas, arrays have a third dimension, in which every thread keeps to its own. */
export function sourceOf({ args, lines, result, takesStep }: KernelCall, replicas: number): string {
  const names = [...args.keys()];
  const text = `${lines}\nreturn ${result};`;
  const body =
    replicas === 1 || names.length === 0
      ? text
      : text.replaceAll(new RegExp(`\\b(${names.join('|')})\\[`, 'g'), '$1[this.thread.z][');
  return `function (${[...names, ...(takesStep ? ['step'] : [])].join(', ')}) {\n${body}\n}`;
}

/** A tensor of the lowered program alone. */
export const scratch = (name: string, rows: number, columns: number): Tensor => ({
  id: -1,
  name,
  rows,
  columns,
  storage: 'temporary',
});
