import { RandomStream, type Table, UserError } from '../kernels/index.ts';
import { type Dataset, makeDataset, type Split, type SplitBytes } from './dataset.ts';

/** Side of a frame, and of the digit in it, in pixels. */
const SIDE = 16;
const DIGIT = 8;
/** Places that the digit can be moved to beyond the first, in each direction. */
const ROOM = SIDE - DIGIT;
/** Pixels at the border of an image of 28 x 28 that are cut off, and the side of the squares of which one is made: 8 x 8 are left. */
const BORDER = 2;
const POOL = 3;
/** Side of an image. */
const WHOLE = POOL * DIGIT + 2 * BORDER;

/** Two are needed to have a direction. */
const LEAST_FRAMES = 2;
/** With so many, the 10,000 digits of mnist take 164 MB. */
const MOST_FRAMES = 64;

/** What sequences are labelled by: the digit, or where it goes from the frame before the last to the last: right, left, down or up. */
export type MovingLabel = 'digit' | 'direction';

/** How the digit of one sequence moves: along one axis, to and fro between the walls, by `speed` pixels a frame. */
interface Motion {
  readonly isVertical: boolean;
  readonly speed: number;
  /** Steps since it left the left or upper wall, of the 2 ROOM / speed of a whole period, in the first frame. */
  readonly phase: number;
  /** Place on the other axis, which stays. */
  readonly across: number;
}

/**
 * Sequences in which a digit moves: one for each image, a film strip of frames of 16 x 16 pixels. The digit, shrunk to 8 x 8, goes right, left, down or
 * up by 1 or 2 pixels a frame, and turns at the walls, which it reaches exactly. Motions are drawn once and for all, whatever the number of
 * frames: those of a shorter sequence are the first of a longer one. A small analogue of moving MNIST (Srivastava, Mansimov &
 * Salakhutdinov 2015, arXiv:1502.04681: two digits on 64 x 64 pixels).
 * @param digits images of 28 x 28 pixels with labels; training digits move in training sequences, and test digits in test sequences
 * @param frames from 2 to 64
 * @throws UserError when digits or frames are others, or there is no such label
 */
export function makeMovingDigits(digits: Dataset, frames: number, label: MovingLabel = 'digit'): Dataset {
  const isLabel = label === 'digit' || label === 'direction';
  if (!(Number.isInteger(frames) && frames >= LEAST_FRAMES && frames <= MOST_FRAMES && isLabel))
    throw noMovingDigits(label === 'digit' ? `${frames}` : `${frames}:${label}`);
  const [height, width] = digits.shape;
  if (height !== WHOLE || width !== WHOLE || digits.classes === 0)
    throw new UserError(
      `moving digits are made of images of ${WHOLE} x ${WHOLE} pixels with labels, and '${digits.name}' has others; take mnist or mnist-full`,
    );
  const split = (name: string, part: Split): SplitBytes =>
    moved(part, new RandomStream(0, `moving digits, ${name}`), frames, label);
  return makeDataset({
    name: `moving-digits:${frames}${label === 'direction' ? ':direction' : ''}`,
    title: `digits of ${digits.name} that move, ${frames} frames, labelled by ${label}`,
    shape: [frames * SIDE, SIDE],
    frames,
    train: split('training', digits.train),
    test: split('test', digits.test),
    classes: label === 'digit' ? digits.classes : 4,
    comparable: 'sequences that are drawn here: there are no published figures for them',
  });
}

/** @param text what follows the name and a colon */
export const noMovingDigits = (text: string): UserError =>
  new UserError(
    `the dataset 'moving-digits' needs a whole number of frames from ${LEAST_FRAMES} to ${MOST_FRAMES}, as in moving-digits:5 or moving-digits:5:direction, not '${text}'`,
  );

function moved(
  { images, labels }: Split,
  random: RandomStream,
  frames: number,
  label: MovingLabel,
): SplitBytes {
  const pixels = new Uint8Array(images.count * frames * SIDE * SIDE);
  const directions = new Uint8Array(images.count);
  for (let n = 0, at = 0; n < images.count; n++) {
    const digit = shrunk(images, n);
    const motion = drawMotion(random);
    for (let t = 0; t < frames; t++, at += SIDE * SIDE)
      draw(digit, placeAt(motion, t), pixels.subarray(at, at + SIDE * SIDE));
    directions[n] = directionAt(motion, frames - 2);
  }
  return { images: pixels, labels: label === 'digit' ? Uint8Array.from(labels!.values) : directions };
}

function drawMotion(random: RandomStream): Motion {
  const isVertical = random.integer(2) === 1;
  const speed = 1 + random.integer(2);
  return { isVertical, speed, phase: random.integer((2 * ROOM) / speed), across: random.integer(ROOM + 1) };
}

/** Row and column of the digit's upper left corner. */
function placeAt(
  { isVertical, speed, phase, across }: Motion,
  t: number,
): readonly [row: number, column: number] {
  const period = (2 * ROOM) / speed;
  const step = (phase + t) % period;
  const along = speed * Math.min(step, period - step);
  return isVertical ? [along, across] : [across, along];
}

/** Where it goes from frame t to the next one: 0 right, 1 left, 2 down, 3 up. */
function directionAt({ isVertical, speed, phase }: Motion, t: number): number {
  const period = (2 * ROOM) / speed;
  const isBack = (phase + t) % period >= period / 2;
  return 2 * Number(isVertical) + Number(isBack);
}

/** The middle of an image, 3 x 3 pixels made one: their mean, rounded. */
function shrunk({ values, columns }: Table, n: number): Uint8Array {
  return Uint8Array.from({ length: DIGIT * DIGIT }, (_, i) => {
    const [row, column] = [BORDER + POOL * Math.floor(i / DIGIT), BORDER + POOL * (i % DIGIT)];
    let sum = 0;
    for (let r = row; r < row + POOL; r++)
      for (let c = column; c < column + POOL; c++) sum += values[n * columns + r * WHOLE + c]!;
    return Math.round(sum / POOL ** 2);
  });
}

function draw(digit: Uint8Array, [row, column]: readonly [number, number], frame: Uint8Array): void {
  for (let r = 0; r < DIGIT; r++)
    frame.set(digit.subarray(r * DIGIT, (r + 1) * DIGIT), (row + r) * SIDE + column);
}
