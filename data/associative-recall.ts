import { RandomStream, UserError } from '../kernels/index.ts';
import { type Dataset, makeDataset } from './dataset.ts';
import { defineDataset } from './definition.ts';

const TRAINING = 8000;
const TEST = 2000;
/** Different keys, and different values. */
export const SYMBOLS = 16;

/** The bytes of one split, and the value that each query asks for. */
function drawEpisodes(random: RandomStream, count: number, pairs: number) {
  const tokens = pairs + 1;
  const images = new Uint8Array(count * tokens * 2 * SYMBOLS);
  const labels = new Uint8Array(count);
  for (let episode = 0; episode < count; episode++) {
    const keys = random.shuffle(Uint32Array.from({ length: SYMBOLS }, (_, symbol) => symbol));
    const values = Array.from({ length: pairs }, () => random.word() >>> 28);
    const asked = Math.floor(random.uniform(1, 0, pairs)[0]!);
    const white = (token: number, place: number): void => {
      images[(episode * tokens + token) * 2 * SYMBOLS + place] = 255;
    };
    for (const [pair, value] of values.entries()) {
      white(pair, keys[pair]!);
      white(pair, SYMBOLS + value);
    }
    white(pairs, keys[asked]!);
    labels[episode] = values[asked]!;
  }
  return { images, labels };
}

/**
 * Episodes of pairs of a key and a value, then one of the keys alone: the class is its value. A token is a row of an image: the key one-hot,
 * then the value one-hot, of 16 symbols each; the query has no value. Keys of an episode differ from each other, values need not. Always the same ones.
 * @param pairs from 2 to 16
 * @throws UserError when there are other pairs
 */
export function makeAssociativeRecall(pairs: number, train = TRAINING, test = TEST): Dataset {
  if (!(Number.isInteger(pairs) && pairs >= 2 && pairs <= SYMBOLS)) throw noPairs(pairs);
  const random = new RandomStream(0, `associative recall of ${pairs} pairs`);
  return makeDataset({
    name: `associative-recall:${pairs}`,
    title: `episodes of ${pairs} pairs of a key and a value, then a key`,
    shape: [pairs + 1, 2 * SYMBOLS],
    classes: SYMBOLS,
    train: drawEpisodes(random, train, pairs),
    test: drawEpisodes(random, test, pairs),
    comparable: 'episodes drawn here: comparable with other numbers of pairs, not with one published figure',
  });
}

const noPairs = (given: number | string): UserError =>
  new UserError(
    `the dataset 'associative-recall' needs a whole number of pairs from 2 to ${SYMBOLS}, as in associative-recall:8, not '${given}'`,
  );

/** Episodes for networks that read by attention. */
export const associativeRecall = defineDataset({
  name: 'associative-recall',
  argument: 'pairs',
  title: 'episodes of so many pairs of a key and a value of 16 symbols, then a key, whose value is the class',
  train: TRAINING,
  test: TEST,
  source: 'drawn here, from a stream of random numbers that never changes',
  licence: 'that of Dendrite',
  load({ argument }) {
    if (!/^\d+$/.test(argument)) throw noPairs(argument);
    return makeAssociativeRecall(Number(argument));
  },
});
