import { type Device, Kernels, RandomStream, type Tensor } from '../kernels/index.ts';

/** Makes a state with values that `fill` gives, or with uniform ones. */
export type MakeState = (rows: number, columns: number, fill?: () => number) => Tensor;

const REPEATS = 7;
const SECONDS = 0.03;
/** Rows of the tables that are gathered from. */
export const TABLE_ROWS = 10_000;

/**
 * Seconds that a device takes for a step, the best of several times: what the kernels can do when nothing disturbs them.
 * @param batch rows that the step gathers
 */
export async function secondsPerStep(
  device: Device,
  body: (k: Kernels, state: MakeState) => void,
  batch = 0,
): Promise<number> {
  const k = new Kernels(device, 1);
  const stream = new RandomStream(1, 'bench');
  let states = 0;
  const state: MakeState = (rows, columns, fill) =>
    k.state(
      `${states++}`,
      rows,
      columns,
      fill ? Float32Array.from({ length: rows * columns }, fill) : stream.uniform(rows * columns, 0, 1),
    );
  const executable = await k.trace('bench', () => body(k, state));
  const measure = async (steps: number): Promise<number> => {
    const rows = Uint32Array.from({ length: steps * batch }, () => stream.integer(TABLE_ROWS));
    const start = performance.now();
    await executable.run({ steps, firstStep: 0, rows });
    return (performance.now() - start) / 1000;
  };
  let steps = 1;
  while ((await measure(steps)) < SECONDS) steps *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) best = Math.min(best, (await measure(steps)) / steps);
  executable.dispose();
  return best;
}
