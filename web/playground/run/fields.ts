import { consecutive, RandomStream } from '../../../kernels/index.ts';
import type { Trainer } from '../../../training/index.ts';
import type { Fields } from './messages.ts';

/** Neurons that are shown. */
const SHOWN = 16;

/** Weights from the input to neurons of the first population above it; null where that sees something else. */
export async function fieldsOf(trainer: Trainer): Promise<Fields | null> {
  const { connections, populations } = trainer.network;
  const first = connections.find(({ from }) => from === populations[0]);
  if (!first || first.to === populations.at(-1)) return null;
  const { rows, columns } = first.weights;
  const values = await trainer.read(first.weights);
  const neurons = chosen(columns);
  const weights = new Float32Array(neurons.length * rows);
  for (const [i, neuron] of neurons.entries())
    for (let pixel = 0; pixel < rows; pixel++) weights[i * rows + pixel] = values[pixel * columns + neuron]!;
  return { neurons, weights };
}

/** Those of the figure `receptive-fields`: networks of one size show the same neurons. */
function chosen(size: number): number[] {
  const all = new RandomStream(0, 'receptive fields').shuffle(consecutive(0, size));
  return [...all.subarray(0, SHOWN)].sort((a, b) => a - b);
}
