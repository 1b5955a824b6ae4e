import type { Device, Op, Program, Tensor } from '../kernels/index.ts';
import { multiplyAccumulatesOf } from '../kernels/inspect.ts';

/** Groups of kernels among which the time of a step is divided. */
const KINDS = {
  matmul: 'products',
  accumulateDelta: 'products',
  transpose: 'transposes',
  reshape: 'copies',
  columns: 'copies',
  place: 'copies',
  select: 'copies',
  map: 'maps',
  sum: 'reductions',
  dot: 'reductions',
  argmax: 'reductions',
  softmax: 'softmax',
  random: 'random numbers',
  spikes: 'random numbers',
  gather: 'gather and scatter',
  scatter: 'gather and scatter',
  convolve: 'synapses',
} as const satisfies Record<Exclude<Op['kind'], 'repeat'>, string>;

/** What the ops of one group ask for in a step, as if nothing were skipped in products. */
export interface Work {
  count: number;
  /** Multiplications and additions of products. */
  flops: number;
  /** Of all operands and results, each time that they are used. */
  bytes: number;
}

/** The work of a program, by group. */
export function countWork(
  ops: readonly Op[],
  times = 1,
  work: Record<string, Work> = {},
): Record<string, Work> {
  for (const op of ops) {
    if (op.kind === 'repeat') {
      countWork(op.body, times * op.bound, work);
      continue;
    }
    const name = KINDS[op.kind];
    const group = work[name] ?? { count: 0, flops: 0, bytes: 0 };
    work[name] = group;
    group.count += times;
    group.flops += 2 * times * multiplyAccumulatesOf(op);
    group.bytes += times * 4 * tensorsOf(op).reduce((sum, t) => sum + t.rows * t.columns, 0);
  }
  return work;
}

function tensorsOf(op: Exclude<Op, { kind: 'repeat' }>): Tensor[] {
  switch (op.kind) {
    case 'matmul':
      return [op.a, op.b, op.out, ...(op.accumulate ? [op.out] : [])];
    case 'accumulateDelta':
      return [op.before, op.after, op.b, op.out, op.out];
    case 'columns':
      return [op.out, op.out];
    case 'place':
      return [op.a, op.a];
    case 'select':
      return [op.indices, op.out, op.out];
    case 'map':
      return [...op.args, op.out];
    case 'dot':
      return [op.a, op.b];
    case 'random':
      return [op.out, ...(op.probability ? [op.probability] : [])];
    case 'spikes':
      return [op.mean, op.untilSpike, op.untilSpike, op.out];
    case 'gather':
      return [op.out];
    case 'scatter':
      return [op.a, op.a];
    case 'convolve':
      return [op.a, op.out, op.pending, op.pending];
    default:
      return [op.a, op.out];
  }
}

/** The device, and a list to which it adds the programs that it compiles. */
export function listening(device: Device, programs: Program[]): Device {
  return {
    info: device.info,
    capabilities: device.capabilities,
    allocate: (tensor) => device.allocate(tensor),
    write: (tensor, values) => device.write(tensor, values),
    read: (tensor) => device.read(tensor),
    compile(program) {
      programs.push(program);
      return device.compile(program);
    },
    liveBuffers: () => device.liveBuffers(),
    dispose: () => device.dispose(),
  };
}
