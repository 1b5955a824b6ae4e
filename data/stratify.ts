import { consecutive, RandomStream, UserError } from '../kernels/index.ts';
import { type Dataset, makeSplit, type Split, sharedBytes } from './dataset.ts';

/**
 * Divides examples in two, each part in random order and with the classes in their proportions. Both parts are views of
 * one copy; the examples stay as they are.
 * @param size number of examples in the second part
 * @param names of the two parts
 */
export function divide(
  { images, labels }: Split,
  size: number,
  stream: RandomStream,
  names: readonly [string, string],
): [Split, Split] {
  const { count, columns } = images;
  // Without labels, all images are of one class.
  const classOf = labels?.values ?? new Uint8Array(count);
  const quota = quotas(classOf, labels?.columns ?? 1, size);
  const kept: number[] = [];
  const held: number[] = [];
  for (const row of stream.shuffle(consecutive(0, count))) {
    const label = classOf[row]!;
    if (quota[label]! > 0) {
      quota[label]!--;
      held.push(row);
    } else kept.push(row);
  }
  const order = [...kept, ...held];
  const pixels = rowsInOrder(images.values, columns, order);
  const classes = labels && rowsInOrder(labels.values, 1, order);
  const part = (name: string, from: number, to: number): Split =>
    makeSplit(
      name,
      pixels.subarray(from * columns, to * columns),
      classes?.subarray(from, to) ?? null,
      columns,
      labels?.columns ?? 0,
    );
  return [part(names[0], 0, kept.length), part(names[1], kept.length, count)];
}

/**
 * Takes a validation split out of the training set, in the proportions of the classes.
 * @param size number of its examples
 * @param seed of the draw
 * @throws UserError when it leaves no training example
 */
export function withValidation(dataset: Dataset, size: number, seed: number): Dataset {
  const { count } = dataset.train.images;
  if (!Number.isInteger(size) || size < 0)
    throw new UserError(`the validation size must be a whole number, 0 or more, not ${size}`);
  if (size >= count)
    throw new UserError(
      `a validation split of ${size} leaves nothing of the ${count} training examples of ${dataset.name}; ` +
        `choose at most ${count - 1}`,
    );
  if (size === 0) return dataset;
  const stream = new RandomStream(seed, 'validation');
  const [train, validation] = divide(dataset.train, size, stream, ['training', 'validation']);
  const comparable =
    dataset.comparable === true
      ? `trained on ${count - size} of the ${count} training examples, the others being the validation split: ` +
        'say so beside published figures'
      : dataset.comparable;
  return { ...dataset, train, validation, comparable };
}

/**
 * A part of the training set, in the proportions of its classes. Parts are always the same, and a smaller one lies within a larger
 * one but for the rounding of its proportions.
 * @param size number of training examples that stay
 * @throws UserError when there are not as many, or none
 */
export function withTrainingExamples(dataset: Dataset, size: number): Dataset {
  const { count } = dataset.train.images;
  if (size < 1 || size > count)
    throw new UserError(
      `the dataset '${dataset.name}' has ${count} training examples, so ${size} of them cannot be taken; choose from 1 to ${count}`,
    );
  const stream = new RandomStream(0, 'training examples');
  const [, train] = divide(dataset.train, size, stream, ['other', 'training']);
  const comparable =
    dataset.comparable === true
      ? `trained on ${size} of the ${count} training examples: say so beside published figures`
      : `${dataset.comparable}; here on ${size} of the ${count} training examples alone`;
  return { ...dataset, train, comparable };
}

/**
 * How many of `size` examples each class gives: its share rounded down, and one more for the classes with the
 * largest remainders (of equals the lower class), so that the total is exact.
 */
function quotas(labels: Uint8Array, classes: number, size: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]!++;
  const result = counts.map((count) => Math.floor((count * size) / labels.length));
  const missing = size - result.reduce((sum, share) => sum + share, 0);
  const remainder = (label: number): number => (counts[label]! * size) % labels.length;
  const ranked = counts.map((_, label) => label).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const label of ranked.slice(0, missing)) result[label]!++;
  return result;
}

/** A copy whose row i is row order[i]. */
function rowsInOrder(values: Uint8Array, width: number, order: readonly number[]): Uint8Array {
  const copy = sharedBytes(values.length);
  for (const [to, from] of order.entries())
    copy.set(values.subarray(from * width, (from + 1) * width), to * width);
  return copy;
}
