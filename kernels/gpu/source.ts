import { UserError } from '../errors.ts';
import {
  type DotOp,
  type Factor,
  inputsOf,
  type MapOp,
  type MatmulOp,
  type Op,
  type Program,
  type RandomOp,
  type ScatterOp,
  type SoftmaxOp,
  type SumOp,
} from '../program.ts';
import type { RowMemory, Table, Tensor } from '../tensor.ts';
import { expressionText } from './expression-source.ts';
import { type HelperFunction, keyConstants, RANDOM_FUNCTIONS } from './random-source.ts';

/**
 * From a recorded program to gpu.js kernels. Every kernel is pure: one thread computes one element of a new value for
 * one tensor (an op that adds to its result takes the old value as one more argument). A tensor is a two-dimensional
 * array, so that thread x is the column and thread y the row.
 */
export interface KernelText {
  readonly source: string;
  readonly rows: number;
  readonly columns: number;
  /** Values of `this.constants`, of type Float. */
  readonly floats: Readonly<Record<string, number>>;
  /** Values of `this.constants`, of type Integer. */
  readonly integers: Readonly<Record<string, number>>;
  readonly functions: readonly HelperFunction[];
}

/** One kernel call of a step. */
export interface KernelCall {
  readonly kernel: KernelText;
  readonly args: readonly Tensor[];
  /** Whether the kernel's last argument is the number of the step within its chunk. */
  readonly takesStep: boolean;
  readonly out: Tensor;
}

/** A program as kernel calls, with the arrays that the host sends for a chunk of steps. */
export interface LoweredProgram {
  readonly calls: readonly KernelCall[];
  /** States whose values a step needs from before. */
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** A row a step: the upper and the lower half of the step's number, then the host scalars. */
  readonly stepScalars: Tensor;
  /** For each table, the rows of all minibatches of the chunk. */
  readonly gathered: ReadonlyMap<Table | RowMemory, Tensor>;
  /** What each step writes to memories, once the chunk is done. */
  readonly scattered: readonly { readonly memory: RowMemory; readonly values: Tensor }[];
}

const X = 'this.thread.x';
const Y = 'this.thread.y';
const STEP_WORDS = 2;

/** WebGPU guarantees 8 storage buffers for a kernel, of which one is the result. */
const MAX_ARGUMENTS = 7;

/** @throws UserError if a map has too many arguments for one kernel */
export function lowerProgram({ ops, hostScalars }: Program): LoweredProgram {
  const stepScalars = scratch('step scalars', 1, STEP_WORDS + hostScalars.length);
  const gathered = new Map<Table | RowMemory, Tensor>();
  const scattered: { memory: RowMemory; values: Tensor }[] = [];
  const calls = hostScalars.map(({ tensor }, i) =>
    call(tensor, { scalars: stepScalars }, `return scalars[step][${STEP_WORDS + i}];`, { takesStep: true }),
  );
  const reads = new Set<Tensor>();
  const writes = new Set<Tensor>();
  for (const op of ops) {
    for (const tensor of inputsOf(op))
      if (tensor.storage === 'state' && !writes.has(tensor)) reads.add(tensor);
    if (op.kind === 'scatter') {
      // A copy: the tensor may get other values later in the step.
      const values = scratch(op.memory.name, op.a.rows, op.a.columns);
      calls.push(call(values, { a: op.a }, `return a[${Y}][${X}];`));
      scattered.push({ memory: op.memory, values });
      continue;
    }
    calls.push(...lowerOp(op, stepScalars, gathered));
    if (op.out.storage === 'state') writes.add(op.out);
  }
  return { calls, reads: [...reads], writes: [...writes], stepScalars, gathered, scattered };
}

function lowerOp(
  op: Exclude<Op, ScatterOp>,
  stepScalars: Tensor,
  gathered: Map<Table | RowMemory, Tensor>,
): KernelCall[] {
  switch (op.kind) {
    case 'matmul':
      return [matmulCall(op)];
    case 'map':
      return [mapCall(op)];
    case 'sum':
      return sumCalls(op);
    case 'dot':
      return dotCalls(op);
    case 'argmax':
      return [call(op.out, { a: op.a }, argmaxBody(op.a.columns))];
    case 'softmax':
      return softmaxCalls(op);
    case 'random':
      return [randomCall(op, stepScalars)];
    case 'gather': {
      const rows = gathered.get(op.table) ?? scratch(op.table.name, op.out.rows, op.table.columns);
      gathered.set(op.table, rows);
      return [
        call(op.out, { rows }, `return rows[step * ${op.out.rows} + ${Y}][${X}];`, { takesStep: true }),
      ];
    }
  }
}

function matmulCall(op: MatmulOp): KernelCall {
  const inner = op.transposeA ? op.a.rows : op.a.columns;
  const total = sumOf(inner, (k) => {
    const a = op.transposeA ? `a[${k}][${Y}]` : `a[${Y}][${k}]`;
    const b = op.transposeB ? `b[${X}][${k}]` : `b[${k}][${X}]`;
    return `${a} * ${b}`;
  });
  return linearCall(op, { a: op.a, b: op.b }, total);
}

/** Where both axes are summed, in two passes: rows first, with a thread for each column. */
function sumCalls(op: SumOp): KernelCall[] {
  const { a, over } = op;
  const overColumns = sumOf(a.columns, (j) => `a[${Y}][${j}]`);
  if (over === 'columns' || (over === 'all' && a.rows === 1)) return [linearCall(op, { a }, overColumns)];
  const overRows = sumOf(a.rows, (i) => `a[${i}][${X}]`);
  if (over === 'rows') return [linearCall(op, { a }, overRows)];
  const partial = scratch('sum', 1, a.columns);
  return [totalCall(partial, { a }, overRows), ...sumCalls({ ...op, a: partial })];
}

function dotCalls({ out, a, b }: DotOp): KernelCall[] {
  const partial = scratch('dot', 1, a.columns);
  return [
    totalCall(
      partial,
      { a, b },
      sumOf(a.rows, (i) => `a[${i}][${X}] * b[${i}][${X}]`),
    ),
    totalCall(
      out,
      { a: partial },
      sumOf(a.columns, (j) => `a[0][${j}]`),
    ),
  ];
}

function softmaxCalls({ out, a }: SoftmaxOp): KernelCall[] {
  const powers = scratch('softmax', a.rows, a.columns);
  const total = sumOf(a.columns, (j) => `a[${Y}][${j}]`);
  return [
    call(powers, { a }, powersBody(a.columns)),
    call(out, { a: powers }, `${total.lines}\nreturn a[${Y}][${X}] / ${total.result};`),
  ];
}

function mapCall(op: MapOp): KernelCall {
  const args = [...new Set(op.args)];
  if (args.length > MAX_ARGUMENTS)
    throw new UserError(
      `the gpu device takes at most ${MAX_ARGUMENTS} tensors in one map, not ${args.length}: split \`${op.fn.source.slice(0, 80)}\` in two`,
    );
  const loads = args.map(
    (t, i) => `const x${i} = a${i}[${t.rows === 1 ? 0 : Y}][${t.columns === 1 ? 0 : X}];`,
  );
  const text = expressionText(op.fn, (index) => `x${args.indexOf(op.args[index]!)}`);
  return call(
    op.out,
    Object.fromEntries(args.map((t, i) => [`a${i}`, t])),
    [...loads, ...text.lines, `return ${text.result};`].join('\n'),
    { floats: text.constants },
  );
}

function randomCall(op: RandomOp, stepScalars: Tensor): KernelCall {
  const element = `(${Y} * ${op.out.columns} + ${X})`;
  const step = '(scalars[step][0] << 16) | scalars[step][1]';
  const word = (odd: string): string =>
    `word(${element} >> 1, ${step}, this.constants.key0, this.constants.key1, this.constants.key2, ${odd})`;
  // A statement of its own: inside a float expression gpu.js makes floats of the integer constants.
  const uniform = `const u = unit(${word(`${element} & 1`)});\n`;
  const options = { takesStep: true, integers: keyConstants(op.key), functions: RANDOM_FUNCTIONS };
  const args = { scalars: stepScalars };
  switch (op.distribution) {
    case 'uniform':
      return call(op.out, args, `${uniform}return this.constants.low + this.constants.width * u;`, {
        ...options,
        floats: { low: op.a, width: op.b - op.a },
      });
    case 'normal': {
      const body = `
        const log = negativeLog(${word('0')});
        const u = unit(${word('1')});
        const turn = (${element} & 1) > 0 ? (u < 0.25 ? u + 0.75 : u - 0.25) : u;
        return this.constants.mean + this.constants.deviation * Math.sqrt(2.0 * log) * cosine(turn);`;
      return call(op.out, args, body, { ...options, floats: { mean: op.a, deviation: op.b } });
    }
    case 'bernoulli':
      return call(
        op.out,
        { p: op.probability!, ...args },
        `${uniform}return u < p[${Y}][${X}] ? 1.0 : 0.0;`,
        options,
      );
  }
}

const scratch = (name: string, rows: number, columns: number): Tensor => ({
  id: -1,
  name,
  rows,
  columns,
  storage: 'temporary',
});

function call(
  out: Tensor,
  args: Readonly<Record<string, Tensor>>,
  body: string,
  options: Partial<Pick<KernelText, 'floats' | 'integers' | 'functions'> & { takesStep: boolean }> = {},
): KernelCall {
  const { floats = {}, integers = {}, functions = [], takesStep = false } = options;
  const parameters = [...Object.keys(args), ...(takesStep ? ['step'] : [])];
  const source = `function (${parameters.join(', ')}) {\n${body}\n}`;
  const kernel = { source, rows: out.rows, columns: out.columns, floats, integers, functions };
  return { kernel, args: Object.values(args), takesStep, out };
}

const totalCall = (out: Tensor, args: Readonly<Record<string, Tensor>>, total: Total): KernelCall =>
  call(out, args, `${total.lines}\nreturn ${total.result};`);

/** result = factor * total, added to the old value where the op accumulates. */
function linearCall(
  { factor, out, accumulate }: { factor: Factor; out: Tensor; accumulate: boolean },
  args: Readonly<Record<string, Tensor>>,
  total: Total,
): KernelCall {
  const terms = [total.result];
  if (factor.constant !== 1) terms.push('this.constants.factor');
  if (factor.scalar) terms.push('scale[0][0]');
  const old = accumulate ? ` + old[${Y}][${X}]` : '';
  return call(
    out,
    { ...args, ...(factor.scalar && { scale: factor.scalar }), ...(accumulate && { old: out }) },
    `${total.lines}\nreturn ${terms.join(' * ')}${old};`,
    { floats: factor.constant === 1 ? {} : { factor: factor.constant } },
  );
}

interface Total {
  readonly lines: string;
  readonly result: string;
}

/** The sum of `term(0) ... term(count - 1)`, as four sums side by side: faster, and with a quarter of the rounding. */
function sumOf(count: number, term: (index: string) => string): Total {
  const whole = count - (count % 4);
  const lines = ['let s0 = 0.0; let s1 = 0.0; let s2 = 0.0; let s3 = 0.0;'];
  if (whole > 0) {
    const quarters = [0, 1, 2, 3].map((i) => `s${i} += ${term(i === 0 ? 'k' : `k + ${i}`)};`);
    lines.push(`for (let k = 0; k < ${whole}; k += 4) { ${quarters.join(' ')} }`);
  }
  for (let k = whole; k < count; k++) lines.push(`s0 += ${term(String(k))};`);
  return { lines: lines.join('\n'), result: '((s0 + s1) + (s2 + s3))' };
}

/** NaN compares false with everything, so what is neither below 0 nor at least 0 is NaN. */
const argmaxBody = (columns: number): string => `
  let best = a[${Y}][0];
  let column = 0.0;
  let nan = 0.0;
  for (let j = 0; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > best) { best = v; column = j; }
    nan = v < 0.0 ? nan : (v >= 0.0 ? nan : v);
  }
  return column + nan;`;

const powersBody = (columns: number): string => `
  let top = a[${Y}][0];
  for (let j = 1; j < ${columns}; j++) {
    const v = a[${Y}][j];
    if (v > top) { top = v; }
  }
  return Math.exp(a[${Y}][${X}] - top);`;
