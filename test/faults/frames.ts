import { type Fault, faultsOf } from './fault.ts';

const MOVING = 'test/data/moving-digits.test.ts';
const NEXT = 'test/training/next-frame.test.ts';

/** Of sequences that move, and what predicts them. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'moving-digits',
    [MOVING],
    [
      ['it comes back a step too soon', 'Math.min(step, period - step)', 'Math.min(step, period - 1 - step)'],
      ['directions of the next step', 'directionAt(motion, frames - 2)', 'directionAt(motion, frames - 1)'],
      [
        'right and down are one',
        '2 * Number(isVertical) + Number(isBack)',
        'Number(isVertical) + Number(isBack)',
      ],
      ['the border stays', 'BORDER + POOL * (i % DIGIT)', 'POOL * (i % DIGIT)'],
      ['one speed', '1 + random.integer(2)', '1 + 0 * random.integer(2)'],
    ],
    'data/moving-digits.ts',
  ),
  ...faultsOf(
    'next-frame',
    [NEXT],
    [
      ['the first frames are shown', 'frames.shown * size - layers[0]!', '0 * frames.shown * size'],
      ['the frame after the last shown', 'split.images.columns - size', 'frames.shown * size'],
      ['held against the first frame', '[shown - 1, shown - 1 + ahead]', '[0 * shown, shown - 1 + ahead]'],
      ['as many frames ahead as there are', 'ahead < frames', 'ahead <= frames'],
    ],
    'training/tasks/next-frame.ts',
  ),
  ...faultsOf(
    'next-frame',
    [NEXT],
    [
      [
        'whole images are answered from their first pixels',
        'image.subarray(shown.first, shown.first + shown.count)',
        'image.subarray(0, shown.count)',
      ],
    ],
    'training/response.ts',
  ),
  ...faultsOf(
    'constant-velocity',
    [NEXT],
    [
      ['one frame ahead whatever is asked', '[ahead * best[0], ahead * best[1]]', '[best[0], best[1]]'],
      ['along rows alone', '[row - down, column - right]', '[row - 0 * down, column - right]'],
      ['bright beyond the edge', 'isInside ? $pixel : 0', 'isInside ? $pixel : 255'],
    ],
    'training/baselines/constant-velocity.ts',
  ),
];
