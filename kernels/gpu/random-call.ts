import type { RandomOp } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { call, type KernelCall, X, Y } from './call.ts';
import { RANDOM_FUNCTIONS, wordText } from './random-source.ts';

export function randomCall(op: RandomOp, counters: Tensor, keys: Tensor, fill: number): KernelCall {
  const element = `(${Y} * ${op.out.columns} + ${X})`;
  const word = (odd: string): string => wordText(`${element} >> 1`, fill, odd);
  // A statement of its own: inside a float expression gpu.js makes floats of integers.
  const uniform = `const u = unit(${word(`${element} & 1`)});\n`;
  const options = { takesStep: true, functions: RANDOM_FUNCTIONS };
  const args = { counters, keys };
  switch (op.distribution) {
    case 'uniform':
      return call(op.out, args, `${uniform}return this.constants.low + this.constants.width * u;`, {
        ...options,
        floats: { low: op.a, width: op.b - op.a },
      });
    case 'normal': {
      const body = `
        const distance = negativeLog(${word('0')});
        const u = unit(${word('1')});
        const turn = (${element} & 1) > 0 ? (u < 0.25 ? u + 0.75 : u - 0.25) : u;
        return this.constants.mean + this.constants.deviation * Math.sqrt(2.0 * distance) * cosine(turn);`;
      return call(op.out, args, body, { ...options, floats: { mean: op.a, deviation: op.b } });
    }
    case 'bernoulli':
      return call(
        op.out,
        { p: op.probability!, ...args },
        `${uniform}return u < p[${Y}][${X}] ? 1.0 : 0.0;`,
        options,
      );
    case 'poisson':
      return call(
        op.out,
        { p: op.probability!, ...args },
        `const u = unit(${wordText(`${element} >> 2`, fill, `((${element} >> 1) & 1) | ((${element} & 1) << 1)`)});\n${POISSON_BODY}`,
        options,
      );
  }
}

/** See poissonCount in ../random.ts. */
const POISSON_BODY = `
  const mean = p[${Y}][${X}];
  let series = 1.0;
  ${[8, 7, 6, 5, 4, 3, 2].map((n) => `series = 1.0 - mean * ${Math.fround(1 / n)} * series;`).join('\n')}
  let tail = mean * series;
  let probability = 1.0 - tail;
  let count = 0.0;
  ${[1, 2, 3, 4, 5, 6, 7, 8]
    .map(
      (n) =>
        `if (u < tail) { count = ${n}.0; probability = probability * mean / ${n}.0; tail = tail - probability; }`,
    )
    .join('\n')}
  return count;`;
