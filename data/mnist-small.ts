import { UserError } from '../kernels/index.ts';
import { type Dataset, makeSplit, type Split } from './dataset.ts';
import { defineDataset } from './definition.ts';
import { mnist } from './mnist.ts';

const LEAST = 4;
const MOST = 27;

/** What the pixels of a side become: a row for each new pixel, the shares of it that lie in the old ones. */
function sharesOf(
  from: number,
  to: number,
): readonly (readonly (readonly [pixel: number, share: number])[])[] {
  return Array.from({ length: to }, (_, place) => {
    const [begin, end] = [(place * from) / to, ((place + 1) * from) / to];
    const touched = Array.from(
      { length: Math.ceil(end) - Math.floor(begin) },
      (_, i) => Math.floor(begin) + i,
    );
    return touched.map((pixel) => {
      const overlap = Math.min(pixel + 1, end) - Math.max(pixel, begin);
      return [pixel, (overlap * to) / from] as const;
    });
  });
}

/**
 * The same images with fewer pixels: each new pixel is the mean of the area that it covers, rounded to a byte.
 * @param side of the new images, from 1 to the sides of the old ones
 */
export function scaledDown(dataset: Dataset, side: number): Dataset {
  const [height, width] = dataset.shape;
  const [down, across] = [sharesOf(height, side), sharesOf(width, side)];
  const part = (name: string, { images, labels }: Split): Split => {
    const values = new Uint8Array(images.count * side * side);
    for (let image = 0, at = 0; image < images.count; image++)
      for (const rows of down)
        for (const columns of across) {
          let sum = 0;
          for (const [row, rowShare] of rows)
            for (const [column, share] of columns)
              sum += rowShare * share * images.values[image * images.columns + row * width + column]!;
          values[at++] = Math.round(sum);
        }
    return makeSplit(name, values, labels === null ? null : labels.values, side * side, dataset.classes);
  };
  return {
    ...dataset,
    width: side * side,
    shape: [side, side],
    train: part('training', dataset.train),
    test: part('test', dataset.test),
  };
}

export const mnistSmall = defineDataset({
  name: 'mnist-small',
  argument: 'side',
  title: 'the digits of `mnist` with so many pixels a side, each the mean of the area that it covers',
  train: 8000,
  test: 2000,
  source: mnist.source,
  licence: mnist.licence,
  async load({ name, argument }) {
    const side = /^\d+$/.test(argument) ? Number(argument) : Number.NaN;
    if (!(side >= LEAST && side <= MOST))
      throw new UserError(
        `the dataset 'mnist-small' needs a whole number of pixels a side from ${LEAST} to ${MOST}, as in mnist-small:8, not '${argument}'`,
      );
    const small = scaledDown(await mnist.load({ name, argument: '' }), side);
    return {
      ...small,
      name,
      title: `the digits of \`mnist\`, scaled down to ${side} x ${side} pixels`,
      comparable: `digits of ${side} x ${side} pixels, published figures on 28 x 28`,
    };
  },
});
