import type { Feed } from '../device.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { LoweredProgram } from './lowering.ts';
import { gatherRows } from './tables.ts';

/** A program, and the values of the states that it is about. */
export interface Replica {
  readonly program: Program;
  readonly lowered: LoweredProgram;
  readonly states: ReadonlyMap<Tensor, Float32Array>;
}

/** The values of a lowered program's tensor for the steps of a feed. */
type Values = (replica: Replica, feed: Feed) => Float32Array;

/**
 * What the host sends with each chunk of steps: the tensors and where their values come from. The tensors of replicas
 * correspond in their order.
 */
export function sentWithChunk({ calls, reads, gathered, ...sent }: LoweredProgram): [Tensor, Values][] {
  const all: [Tensor, Values][] = [
    ...reads.map((tensor, i): [Tensor, Values] => [
      tensor,
      (replica) => stateOf(replica, replica.lowered.reads[i]!),
    ]),
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

/** Takes back what a chunk computed: new states, then for each step the rows of row stores. */
export function keepResults(replica: Replica, results: readonly Float32Array[][], feed: Feed): void {
  const { writes, scattered } = replica.lowered;
  for (const [i, tensor] of [...writes.keys()].entries()) {
    const values = stateOf(replica, tensor);
    for (const [y, row] of results[i]!.entries()) values.set(row, y * tensor.columns);
  }
  const { batch } = replica.program;
  for (let step = 0; step < feed.steps; step++)
    for (const [i, { store }] of scattered.entries()) {
      const values = results[writes.size + step * scattered.length + i]!;
      for (const [y, row] of values.entries())
        store.values.set(row, feed.rows[step * batch + y]! * store.columns);
    }
}

function stateOf({ program, states }: Replica, tensor: Tensor): Float32Array {
  const values = states.get(tensor);
  if (!values) throw new Error(`'${program.name}' uses the state '${tensor.name}' of another device`);
  return values;
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
