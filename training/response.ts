import { UserError } from '../kernels/index.ts';
import type { TracedRun } from './traced-run.ts';

/** Firing rates of every population above the input for images, lowest first, each row by row. */
export type Response = (images: Float32Array) => Promise<Float32Array[]>;

/** Images that are shown at once where the rule does not say. */
const RESPONSE_BATCH = 100;

/** @param width pixels of an image */
export async function traceResponse(
  { kernels: k, network, respond, rule, shown, task }: TracedRun,
  width: number,
): Promise<Response> {
  const batch = rule.evaluationBatchSize ?? RESPONSE_BATCH;
  const inputs = task.images?.columns ?? width;
  const inputOf = task.inputOf ?? ((image) => image.subarray(shown.first, shown.first + shown.count));
  const input = k.result('images to respond to', batch, inputs);
  const responses = network.populations
    .slice(1)
    .map(({ name, size }) => k.result(`response of ${name}`, batch, size));
  const executable = await k.trace('prediction', () => {
    for (const [l, rates] of respond(input).entries()) k.mapInto(responses[l]!, (y) => y, rates);
  });
  return async (images) => {
    if (images.length % width !== 0)
      throw new UserError(
        `predict got ${images.length} pixels, which are no whole number of images of ${width} pixels`,
      );
    const count = images.length / width;
    const rates = responses.map(({ columns }) => new Float32Array(count * columns));
    const rows = new Uint32Array(0);
    for (let first = 0; first < count; first += batch) {
      const values = new Float32Array(batch * inputs);
      for (let i = 0; i < Math.min(batch, count - first); i++)
        values.set(inputOf(images.subarray((first + i) * width, (first + i + 1) * width)), i * inputs);
      await k.device.write(input, values);
      await executable.run({ steps: 1, firstStep: first / batch, rows });
      const known = Math.min(batch, count - first);
      for (const [l, response] of responses.entries()) {
        const { columns } = response;
        rates[l]!.set((await k.device.read(response)).subarray(0, known * columns), first * columns);
      }
    }
    return rates;
  };
}
