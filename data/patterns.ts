import { RandomStream, UserError } from '../kernels/index.ts';
import { type Dataset, makeDataset } from './dataset.ts';
import { defineDataset } from './definition.ts';

const TRAINING = 10_000;
const TEST = 100;
/** Fewer bits, and patterns would be drawn twice. */
const LEAST_BITS = 32;
const MOST_BITS = 4096;

/**
 * Random patterns without labels: each bit is white (255) or dark (0) with the same probability. Always the same ones: a run that stores a part
 * of them takes those that come first in the order of its seed.
 * @param bits of a pattern; they lie in rows that come nearest to a square
 * @param train number of patterns to store
 * @param test number of patterns that are not stored
 * @throws UserError when a count is not a whole number above 0
 */
export function makePatterns(bits: number, train = TRAINING, test = TEST): Dataset {
  const random = new RandomStream(0, `patterns of ${bits} bits`);
  const draw = (count: number) =>
    Uint8Array.from({ length: count * bits }, () => (random.word() >>> 31) * 255);
  let rows = Math.floor(Math.sqrt(bits));
  while (bits % rows !== 0) rows--;
  return makeDataset({
    name: `patterns:${bits}`,
    title: `random patterns of ${bits} bits`,
    shape: [rows, bits / rows],
    train: { images: draw(train) },
    test: { images: draw(test) },
    comparable:
      'random patterns, drawn here: comparable with theory and with other draws, not with one published figure',
  });
}

/** Random patterns, for memories that store them. */
export const patterns = defineDataset({
  name: 'patterns',
  argument: 'bits',
  title: 'random patterns of so many bits, white or dark with the same probability, without labels',
  train: TRAINING,
  test: TEST,
  source: 'drawn here, from a stream of random numbers that never changes',
  licence: 'that of Dendrite',
  load({ argument }) {
    const bits = /^\d+$/.test(argument) ? Number(argument) : Number.NaN;
    if (!(bits >= LEAST_BITS && bits <= MOST_BITS))
      throw new UserError(
        `the dataset 'patterns' needs a whole number of bits from ${LEAST_BITS} to ${MOST_BITS}, as in patterns:64, not '${argument}'`,
      );
    return makePatterns(bits);
  },
});
