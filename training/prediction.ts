import { UserError } from '../kernels/index.ts';
import type { TracedRun } from './traced-run.ts';

/** Output rates for images, row by row. */
export type Prediction = (images: Float32Array) => Promise<Float32Array>;

/** Images that are shown at once where the rule does not say. */
const PREDICTION_BATCH = 100;

/** @param width pixels of an image */
export async function tracePrediction(
  { kernels: k, network, respond, rule }: TracedRun,
  width: number,
): Promise<Prediction> {
  const batch = rule.evaluationBatchSize ?? PREDICTION_BATCH;
  const outputs = network.populations.at(-1)!.size;
  const input = k.result('images to predict', batch, width);
  const answer = k.result('prediction', batch, outputs);
  const executable = await k.trace('prediction', () => {
    k.mapInto(answer, (y) => y, respond(input).at(-1)!);
  });
  return async (images) => {
    if (images.length % width !== 0)
      throw new UserError(
        `predict got ${images.length} pixels, which are no whole number of images of ${width} pixels`,
      );
    const count = images.length / width;
    const answers = new Float32Array(count * outputs);
    const rows = new Uint32Array(0);
    for (let first = 0; first < count; first += batch) {
      const shown = new Float32Array(batch * width);
      shown.set(images.subarray(first * width, (first + batch) * width));
      await k.device.write(input, shown);
      await executable.run({ steps: 1, firstStep: first / batch, rows });
      const known = Math.min(batch, count - first);
      answers.set((await k.device.read(answer)).subarray(0, known * outputs), first * outputs);
    }
    return answers;
  };
}
