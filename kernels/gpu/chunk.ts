import type { Feed } from '../device.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { LoweredProgram } from './lowering.ts';
import { gatherRows } from './tables.ts';

/** A program of one seed. */
export interface Replica {
  readonly program: Program;
  readonly lowered: LoweredProgram;
}

/** The values of a lowered program's tensor for the steps of a feed. */
type Values = (replica: Replica, feed: Feed) => Float32Array;

/**
 * What the host sends with each chunk of steps besides states: the tensors and where their values come from. The tensors
 * of replicas correspond in their order.
 */
export function sentWithChunk({ calls, gathered, ...sent }: LoweredProgram): [Tensor, Values][] {
  const all: [Tensor, Values][] = [
    [sent.stepScalars, scalarValues],
    [sent.counterRows, counterValues],
    [sent.keyRows, ({ lowered }) => Float32Array.from(lowered.keys.flat())],
    [sent.rowNumbers, (_, { rows }) => Float32Array.from(rows)],
    ...[...gathered.values()].map((tensor, i): [Tensor, Values] => [
      tensor,
      ({ lowered }, { rows }) => gatherRows([...lowered.gathered.keys()][i]!, rows),
    ]),
  ];
  const read = new Set(calls.flatMap(({ args }) => [...args.values()]));
  return all.filter(([tensor]) => read.has(tensor));
}

/** Takes what a chunk computed for row stores: for each step the rows of each store. */
export function keepRows(
  { program, lowered }: Replica,
  results: readonly Float32Array[][],
  feed: Feed,
): void {
  const { scattered } = lowered;
  const { batch } = program;
  for (let step = 0; step < feed.steps; step++)
    for (const [i, { store }] of scattered.entries()) {
      const values = results[step * scattered.length + i]!;
      for (const [y, row] of values.entries())
        store.values.set(row, feed.rows[step * batch + y]! * store.columns);
    }
}

function scalarValues(
  { program, lowered }: Replica,
  { steps, firstStep }: Pick<Feed, 'steps' | 'firstStep'>,
): Float32Array {
  const { columns } = lowered.stepScalars;
  const values = new Float32Array(steps * columns);
  for (let i = 0; i < steps; i++)
    for (const [j, { value }] of program.hostScalars.entries())
      values[i * columns + j] = value({ step: firstStep + i });
  return values;
}

/** Halves of 16 bits, which float32 holds exactly. */
function counterValues({ lowered }: Replica, { steps, firstStep }: Feed): Float32Array {
  return Float32Array.from(
    Array.from({ length: steps }, (_, i) =>
      lowered.counters.map(({ value, iteration }) => {
        const counter = value(firstStep + i);
        return [Math.floor(counter / 0x10000) & 0xffff, counter & 0xffff, iteration];
      }),
    ).flat(2),
  );
}
