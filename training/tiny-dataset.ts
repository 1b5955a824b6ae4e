import { type Dataset, makeDataset } from '../data/browser.ts';
import { RandomStream } from '../kernels/index.ts';

const CLASSES = 4;
const SIDE = 6;

/**
 * Four noisy patterns of 6 x 6 pixels, which any rule learns in a second, to try a rule on before the real digits. Pixels
 * are 0 or 255 by a pattern of each class; a tenth of them is flipped in each example.
 */
export function tinyDataset(): Dataset {
  const width = SIDE * SIDE;
  const random = new RandomStream(0, 'tiny task');
  const patterns = Array.from({ length: CLASSES * width }, () => random.integer(2));
  const split = (perClass: number) => {
    const labels = Uint8Array.from({ length: perClass * CLASSES }, (_, i) => i % CLASSES);
    const images = Uint8Array.from({ length: labels.length * width }, (_, i) => {
      const white = patterns[labels[Math.floor(i / width)]! * width + (i % width)]!;
      return (random.integer(10) === 0 ? 1 - white : white) * 255;
    });
    return { images, labels };
  };
  return makeDataset({
    name: 'tiny',
    title: 'four noisy patterns of 6 x 6 pixels',
    classes: CLASSES,
    shape: [SIDE, SIDE],
    train: split(100),
    test: split(25),
    comparable: 'a made-up dataset',
  });
}
