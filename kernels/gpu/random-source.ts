/**
 * Threefry-2x32-20 (see ../random.ts) as gpu.js functions.
 *
 * gpu.js keeps an integer an integer only in the arguments and results of functions whose types are declared: a local
 * variable becomes a float, which holds 24 bits. So each round is a function that passes its two words on to the next.
 */
export interface HelperFunction {
  readonly source: string;
  readonly settings: { readonly argumentTypes: readonly string[]; readonly returnType: string };
}

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const ROUNDS = 20;
const STATE = 'a, b, k0, k1, k2, odd';

const integers = (count: number): string[] => new Array<string>(count).fill('Integer');

const integerFunction = (name: string, parameters: string, result: string): HelperFunction => ({
  source: `function ${name}(${parameters}) { return ${result}; }`,
  settings: { argumentTypes: integers(parameters.split(',').length), returnType: 'Integer' },
});

const floatFunction = (source: string, argumentType: 'Integer' | 'Number'): HelperFunction => ({
  source,
  settings: { argumentTypes: [argumentType], returnType: 'Number' },
});

function rounds(): HelperFunction[] {
  const functions: HelperFunction[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const r = ROTATIONS[n % 8]!;
    const keyed = n % 4 === 3;
    const next = keyed ? `addKey${n}` : `round${n + 1}`;
    functions.push(
      integerFunction(
        `round${n}`,
        STATE,
        `${next}((a + b) | 0, ((b << ${r}) | (b >>> ${32 - r})) ^ ((a + b) | 0), k0, k1, k2, odd)`,
      ),
    );
    if (!keyed) continue;
    const group = (n + 1) / 4;
    const rest = n === ROUNDS - 1 ? 'pick' : `round${n + 1}`;
    functions.push(
      integerFunction(
        `addKey${n}`,
        STATE,
        `${rest}((a + k${group % 3}) | 0, (b + k${(group + 1) % 3} + ${group}) | 0, k0, k1, k2, odd)`,
      ),
    );
  }
  return functions;
}

/**
 * `word(pair, step, k0, k1, k2, odd)` is one word of the draw as an integer, the second where `odd` is 1. `unit(word)` is the
 * uniform number u made of it; `negativeLog(word)` is -log(u + 2^-25), and `cosine(u)` is cos(2 pi u). `exponential(word)` takes
 * the steps of its namesake in ../random.ts one by one.
 *
 * WGSL promises no more than 2^-11 for its cos and 2^-21 for its log near 1, so both are spelled out: the series of
 * log(1 - v) = -2 artanh(v / (2 - v)) for v <= 1/2, and the polynomials of sin and cos on a quarter turn. The distances
 * of u + 2^-25 from 0 and 1 are counted in integers, since shader compilers reorder sums of floats.
 */
export const RANDOM_FUNCTIONS: readonly HelperFunction[] = [
  ...rounds(),
  integerFunction('pick', STATE, 'a ^ ((a ^ b) & (0 - odd))'),
  integerFunction(
    'word',
    'pair, step, k0, k1, k2, odd',
    'round0((pair + k0) | 0, (step + k1) | 0, k0, k1, k2, odd)',
  ),
  floatFunction(`function unit(w) { return (w >>> 8) * ${2 ** -24}; }`, 'Integer'),
  floatFunction(
    `function negativeLog(w) {
      const fromZero = ((w >>> 8) << 1) + 1;
      const fromOne = 33554431 - ((w >>> 8) << 1);
      const v = fromOne * ${2 ** -25};
      const z = v / (2.0 - v);
      const s = z * z;
      const series = 2.0 * z * (1.0 + s * (0.33333334 + s * (0.2 + s * (0.14285715 + s * (0.11111111 +
        s * (0.09090909 + s * (0.07692308 + s * 0.06666667)))))));
      return fromZero < fromOne ? -Math.log(fromZero * ${2 ** -25}) : series;
    }`,
    'Integer',
  ),
  floatFunction(
    `function exponential(w) {
      let mantissa = ((w >>> 8) | 1) * ${2 ** -24};
      let k = 0.0;
      ${[16, 8, 4, 2, 1]
        .map(
          (n) =>
            `if (mantissa < ${2 ** (1 - n)} * 0.70710678) { mantissa = mantissa * ${2 ** n}.0; k = k + ${n}.0; }`,
        )
        .join('\n')}
      const f = mantissa - 1.0;
      const s = f / (f + 2.0);
      const z = s * s;
      const series = z * (0.66666662693 + z * (0.40000972152 + z * (0.28498786688 + z * 0.24279078841)));
      const halfSquare = 0.5 * f * f;
      return k * 0.69314718 - (s * (halfSquare + series) - halfSquare + f);
    }`,
    'Integer',
  ),
  floatFunction(
    `function cosine(u) {
      const quarter = Math.floor(4.0 * u + 0.5);
      const t = 6.2831855 * (u - 0.25 * quarter);
      const s = t * t;
      const cos = 1.0 + s * (-0.5 + s * (0.041666668 + s * (-0.0013888889 + s * 0.000024801588)));
      const sin = t * (1.0 + s * (-0.16666667 + s * (0.008333334 + s * (-0.0001984127 + s * 0.0000027557319))));
      return quarter < 0.5 ? cos : (quarter < 1.5 ? -sin : (quarter < 2.5 ? -cos : (quarter < 3.5 ? sin : cos)));
    }`,
    'Number',
  ),
];

/** The three key words of a stream as halves of 16 bits, which float32 holds exactly. */
export const keyHalves = ([k0, k1]: readonly [number, number]): number[] =>
  [k0, k1, k0 ^ k1 ^ PARITY].flatMap((word) => [word >>> 16, word & 0xffff]);

const joined = (row: string, word: number): string => `(${row}[${2 * word}] << 16) | ${row}[${2 * word + 1}]`;

/** A word of the draw, of the `counters` in row `step` and the `keys` in row `fill`. */
export function wordText(pair: string, fill: number, odd: string): string {
  const keys = [0, 1, 2].map((word) => joined(`keys[${fill}]`, word));
  return `word(${[pair, joined('counters[step]', 0), ...keys, odd].join(', ')})`;
}
