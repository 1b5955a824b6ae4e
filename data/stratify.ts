import type { RandomStream } from '../kernels/index.ts';
import { makeSplit, type Split } from './dataset.ts';

/**
 * Divides examples in two, each part in random order and with the classes in their proportions. The examples are
 * rearranged where they are, and both parts are views of the same bytes: nothing is copied.
 * @param size number of examples in the second part
 * @param names of the two parts
 */
export function divide(
  examples: Split,
  size: number,
  stream: RandomStream,
  names: readonly [string, string],
): [Split, Split] {
  const { images, labels } = examples;
  const quota = quotas(labels.values, labels.columns, size);
  const kept: number[] = [];
  const held: number[] = [];
  for (const row of stream.shuffle(Uint32Array.from({ length: labels.count }, (_, i) => i))) {
    const label = labels.values[row]!;
    if (quota[label]! > 0) {
      quota[label]!--;
      held.push(row);
    } else kept.push(row);
  }
  const order = Uint32Array.from([...kept, ...held]);
  permuteRows(images.values, images.columns, order);
  permuteRows(labels.values, 1, order);
  const part = (name: string, from: number, to: number): Split =>
    makeSplit(
      name,
      images.values.subarray(from * images.columns, to * images.columns),
      labels.values.subarray(from, to),
      images.columns,
      labels.columns,
    );
  return [part(names[0], 0, kept.length), part(names[1], kept.length, labels.count)];
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

/** Moves row order[i] to row i for all i, in place, one cycle of the permutation after the other. */
function permuteRows(values: Uint8Array, width: number, order: Uint32Array): void {
  const done = new Uint8Array(order.length);
  for (let start = 0; start < order.length; start++) {
    if (done[start]) continue;
    const first = values.slice(start * width, (start + 1) * width);
    let to = start;
    for (let from = order[to]!; from !== start; from = order[to]!) {
      values.copyWithin(to * width, from * width, (from + 1) * width);
      done[to] = 1;
      to = from;
    }
    values.set(first, to * width);
    done[to] = 1;
  }
}
