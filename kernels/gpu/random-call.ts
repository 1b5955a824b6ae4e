import type { RandomOp, SpikesOp } from '../program.ts';
import { laterPair } from '../random.ts';
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
  }
}

/** Of ten intervals and more, one step in 10^10 has so many at a mean of 0.5; the rest of them end in the next step. */
const MOST_INTERVALS = 10;

/** The counts, and what is left until the next spikes: each thread counts down in both kernels. */
export function spikesCalls(op: SpikesOp, counters: Tensor, keys: Tensor, fill: number): KernelCall[] {
  const { out, mean, untilSpike } = op;
  const element = `(${Y} * ${out.columns} + ${X})`;
  const word = wordText(`${element} + (n >> 1) * ${laterPair(0, 1)}`, fill, 'n & 1');
  const body = (result: string): string => `
    const before = untilSpike[${Y}][${X}];
    let rest = before - mean[${Y}][${X}];
    let count = before < 0.0 || before > 0.0 ? 0.0 : -1.0;
    for (let n = 0; n < ${MOST_INTERVALS}; n++) {
      if (rest <= 0.0) {
        const interval = exponential(${word});
        rest = rest + interval;
        count = count + 1.0;
      }
    }
    return ${result};`;
  const options = { takesStep: true, functions: RANDOM_FUNCTIONS };
  const args = { mean, untilSpike, counters, keys };
  return [
    call(out, args, body('count < 0.0 ? 0.0 : count'), options),
    call(untilSpike, args, body('rest'), options),
  ];
}
