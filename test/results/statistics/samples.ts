import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../../kernels/index.ts';

export const close = (actual: number, expected: number, tolerance: number, what = '') =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected} ± ${tolerance}`);

/** Samples of 2 to 12 values. */
export const samples = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 2,
  maxLength: 12,
});

/** Draws of standard normal samples. */
export function normals(seed: number): (n: number) => number[] {
  const stream = new RandomStream(seed, 'samples');
  return (n) => [...stream.normal(n, 0, 1)];
}

/** Additional hours of sleep by two drugs, of ten people (Student 1908, Biometrika 6:1). */
export const SLEEP = {
  first: [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2],
  second: [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
};

/** Heights of crossed less self-fertilized maize in eighths of an inch, from Darwin (Fisher 1935, The Design of Experiments, section 17). */
export const MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
