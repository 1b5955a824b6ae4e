import { type Device, Kernels, RandomStream } from '../kernels/index.ts';

export const MNIST_LAYERS = [784, 500, 10];
export const MNIST_BATCH = 100;

const SAMPLE_SECONDS = 0.1;
const MOST_STEPS = 20;
const SAMPLES = 3;

/**
 * GFLOP/s of a chain of products like a network's forward pass. On a slow device one product is enough of a sample;
 * on a fast one, several steps in one call show what it does when it is kept busy.
 */
export async function measureProducts(
  device: Device,
  layers: readonly number[],
  batch: number,
): Promise<number> {
  const kernels = new Kernels(device, 0);
  const numbers = new RandomStream(0, 'measurement');
  const state = (name: string, rows: number, columns: number) =>
    kernels.state(name, rows, columns, numbers.uniform(rows * columns, -1, 1));
  const input = state('input', batch, layers[0]!);
  const weights = layers.slice(1).map((width, i) => state(`weights ${i}`, layers[i]!, width));
  const output = state('output', batch, layers.at(-1)!);
  const executable = await kernels.trace('measurement', () => {
    const last = weights.slice(0, -1).reduce((activity, w) => kernels.matmul(activity, w), input);
    kernels.matmul(last, weights.at(-1)!, { into: output });
  });
  const secondsOf = async (steps: number): Promise<number> => {
    const start = performance.now();
    await executable.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    return (performance.now() - start) / 1000;
  };
  await secondsOf(1);
  let seconds = await secondsOf(1);
  const steps = Math.min(MOST_STEPS, Math.floor(SAMPLE_SECONDS / seconds));
  if (steps > 1) {
    await secondsOf(steps);
    for (let i = 0; i < SAMPLES; i++) seconds = Math.min(seconds, (await secondsOf(steps)) / steps);
  }
  executable.dispose();
  const products = weights.reduce((total, w) => total + w.rows * w.columns, 0);
  return (2 * batch * products) / seconds / 1e9;
}
