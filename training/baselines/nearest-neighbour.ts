import { consecutive, Kernels, type Table, type Tensor } from '../../kernels/index.ts';
import type { Classifier } from './baseline.ts';
import { BLOCK, blockSizes, traceBlocks } from './blocks.ts';

/** Training images that a block of test images is multiplied with. */
const NEIGHBOURS = 1000;

/**
 * The products of all pairs of images are those of the kernels, in float32. They say which training images may be the nearest one:
 * its distance is then computed in whole numbers, so that the result is that of comparing each with each.
 */
export const nearestNeighbour: Classifier = {
  name: 'nearest-neighbour',
  description:
    'The class of the training image with the smallest Euclidean distance in pixels, the first one of equals.',
  async classify({ dataset: { train, test }, device }) {
    const k = new Kernels(device, 0);
    const search = new Search(train.images, test.images);
    const { count, columns } = test.images;
    const passes = new Map<number, (first: number) => Promise<void>>();
    for (const batch of blockSizes(count)) {
      const shown = k.result('test images', batch, columns);
      const show = await k.trace('test images', () => {
        k.mapInto(shown, (x) => x, k.gather(test.images, batch));
      });
      const products = new Map<number, Tensor>();
      const multiply = (size: number): void => {
        const product = k.result('products', batch, size);
        products.set(size, product);
        k.matmul(shown, k.gather(train.images, size), { transposeB: true, into: product });
      };
      const blocks = await traceBlocks(k, 'products', train.images.count, multiply, NEIGHBOURS);
      passes.set(batch, async (first) => {
        const rows = consecutive(first, batch);
        await show.run({ steps: 1, firstStep: 0, rows });
        await blocks.run(async (begin, size) =>
          search.look({ first, batch, begin, size }, await device.read(products.get(size)!)),
        );
      });
    }
    for (let first = 0; first < count; first += BLOCK)
      await passes.get(Math.min(BLOCK, count - first))!(first);
    return { classes: search.nearest.map((row) => train.labels!.values[row]!) };
  },
};

/** A pixel is a byte, and 1 / 255 of it in the kernels. */
const UNIT = 255 * 255;
/** The rounding of float32. */
const EPSILON = 2 ** -24;

/** A block of test images beside one of training images. */
interface Pair {
  readonly first: number;
  readonly batch: number;
  readonly begin: number;
  readonly size: number;
}

/** The nearest training image of each test image, as far as both have been looked at. */
class Search {
  /** Rows of training images. */
  readonly nearest: Uint32Array;
  readonly #train: Table;
  readonly #test: Table;
  /** Squared distances, in whole numbers of bytes. */
  readonly #distances: Float64Array;
  /** What |z|² - 2 x z of a training image z may be at most, if it is to be nearer than the nearest so far, in pixels. */
  readonly #limits: Float64Array;
  /** |x|² and |z|² of the images, in pixels. */
  readonly #ofTest: Float64Array;
  readonly #ofTrain: Float64Array;
  /** How far off a product can be, as a share of |x|² + |z|², of which x z is at most half. */
  readonly #error: number;
  readonly #largest: number;

  constructor(train: Table, test: Table) {
    this.nearest = new Uint32Array(test.count);
    this.#train = train;
    this.#test = test;
    this.#distances = new Float64Array(test.count).fill(Number.POSITIVE_INFINITY);
    this.#limits = new Float64Array(test.count).fill(Number.POSITIVE_INFINITY);
    this.#ofTest = squares(test);
    this.#ofTrain = squares(train);
    this.#largest = this.#ofTrain.reduce((most, square) => Math.max(most, square), 0);
    // Of a sum of n products of factors that are rounded themselves, with a factor of 2 to be sure.
    this.#error = 2 * (train.columns + 4) * EPSILON;
  }

  /** @param products x z, a row for each of `batch` test images from `first`, a column for each of `size` training images from `begin` */
  look({ first, batch, begin, size }: Pair, products: Float32Array): void {
    const [ofTrain, limits] = [this.#ofTrain, this.#limits];
    for (let i = 0; i < batch; i++) {
      let limit = limits[first + i]!;
      for (let j = 0; j < size; j++)
        if (ofTrain[begin + j]! - 2 * products[i * size + j]! <= limit)
          limit = this.#measure(first + i, begin + j);
    }
  }

  /** @returns the limit from now on */
  #measure(x: number, z: number): number {
    const distance = squaredDistance(this.#test, x, this.#train, z);
    if (distance < this.#distances[x]!) {
      this.#distances[x] = distance;
      this.nearest[x] = z;
      const square = this.#ofTest[x]!;
      this.#limits[x] = distance / UNIT - square + this.#error * (square + this.#largest);
    }
    return this.#limits[x]!;
  }
}

function squares({ values, count, columns }: Table): Float64Array {
  const sums = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) sum += values[i]! ** 2;
    sums[row] = sum / UNIT;
  }
  return sums;
}

function squaredDistance(a: Table, i: number, b: Table, j: number): number {
  const { columns } = a;
  let sum = 0;
  for (let c = 0; c < columns; c++) {
    const difference = a.values[i * columns + c]! - b.values[j * columns + c]!;
    sum += difference * difference;
  }
  return sum;
}
