import { UserError } from '../../kernels/index.ts';
import { columnsOf, framesOf } from '../tasks/next-frame.ts';
import type { Predictor } from './baseline.ts';

/** Pixels a frame, at most, in each direction: moving digits have 2. */
const FASTEST = 3;

/** What is moved, and by how much, at the smallest speeds first. */
type Shift = readonly [rows: number, columns: number];
const SHIFTS: readonly Shift[] = Array.from(
  { length: (2 * FASTEST + 1) ** 2 },
  (_, i): Shift => [Math.floor(i / (2 * FASTEST + 1)) - FASTEST, (i % (2 * FASTEST + 1)) - FASTEST],
).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

/** It knows nothing of walls: it is exact for a digit that does not turn. */
export const constantVelocity: Predictor = {
  name: 'constant-velocity',
  description:
    'The last frame that is shown, moved on by the shift of whole pixels, at most 3 a frame, that fits best between the two last ones.',
  async predict({ dataset, argument }) {
    const { size, shown, ahead } = framesOf(dataset, argument);
    if (shown < 2)
      throw new UserError(
        `the baseline 'constant-velocity' needs two frames before the one that is predicted, and next-frame:${ahead} shows one of '${dataset.name}'; leave it out`,
      );
    const { test, shape } = dataset;
    const [before, last, target] = [shown - 2, shown - 1, shown - 1 + ahead].map(
      (t) => columnsOf(test, '', t * size, size).values,
    ) as [Uint8Array, Uint8Array, Uint8Array];
    let sum = 0;
    for (let n = 0; n < test.images.count; n++) {
      const [a, b, c] = [before, last, target].map((frames) => frames.subarray(n * size, (n + 1) * size)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      let [best, least]: [Shift, number] = [[0, 0], Number.POSITIVE_INFINITY];
      for (const shift of SHIFTS) {
        const error = shiftedError(a, b, shift, shape[1], least);
        if (error < least) [best, least] = [shift, error];
      }
      sum += shiftedError(b, c, [ahead * best[0], ahead * best[1]], shape[1]);
    }
    return (sum * test.images.scale ** 2) / target.length;
  },
};

/** Sum of squared differences, in bytes, between a frame that is shifted, dark where nothing comes in, and another; or more than `enough`. */
function shiftedError(
  from: Uint8Array,
  to: Uint8Array,
  [down, right]: Shift,
  width: number,
  enough = Number.POSITIVE_INFINITY,
): number {
  const height = from.length / width;
  let sum = 0;
  for (let row = 0; row < height && sum < enough; row++)
    for (let column = 0; column < width; column++) {
      const [r, c] = [row - down, column - right];
      const isInside = r >= 0 && r < height && c >= 0 && c < width;
      const difference = (isInside ? from[r * width + c]! : 0) - to[row * width + column]!;
      sum += difference * difference;
    }
  return sum;
}
