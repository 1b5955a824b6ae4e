/**
 * Random numbers from a counter: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). A random fill depends on its key and the step alone, so every device, thread and
 * replica draws the same numbers in any order, and a resumed run needs to know the step and nothing of what was drawn. (A
 * `RandomStream` on the host counts its draws; it serves what is drawn at once, such as initial weights.)
 *
 * Layout of the counter in a random fill: word 0 is the pair number, `element >> 1`; word 1 is the step. Element
 * 2p takes the first word of the result and 2p + 1 the second. An element of spikes takes both words, and more by
 * `laterPair`.
 */

const PARITY = 0x1bd11bda;

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

/**
 * The two 32-bit words of Threefry-2x32-20 for a counter and a key; written into `out[0]` and `out[1]`. Without tables: they take
 * most of the time of a draw.
 */
export function threefry(c0: number, c1: number, k0: number, k1: number, out: Uint32Array): void {
  let [key0, key1, key2] = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (c0 + key0) | 0;
  let x1 = (c1 + key1) | 0;
  for (let group = 1; group <= 5; group++) {
    const odd = group % 2 === 1;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 13 : 17) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 15 : 29) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 26 : 16) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = rotate(x1, odd ? 6 : 24) ^ x0;
    [key0, key1, key2] = [key1, key2, key0];
    x0 = (x0 + key0) | 0;
    x1 = (x1 + key1 + group) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** Uniform in [0, 1) with 24 bits, exact in float32: the upper 24 bits of the word times 2^-24. */
export const unitUniform = (word: number): number => (word >>> 8) * 2 ** -24;

/**
 * Standard normals from two words by Box and Muller. u1 is shifted by half a step to (0, 1), so that its logarithm
 * is finite: |z| is at most 5.88.
 */
export function normalPair(word0: number, word1: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(unitUniform(word0) + 2 ** -25));
  const angle = 2 * Math.PI * unitUniform(word1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

const { fround } = Math;
const ROOT_OF_HALF = fround(Math.SQRT1_2);
const LOG_OF_2 = fround(Math.LN2);
const SERIES_1 = fround(0.66666662693);
const SERIES_2 = fround(0.40000972152);
const SERIES_3 = fround(0.28498786688);
const SERIES_4 = fround(0.24279078841);

/**
 * An exponential number of mean 1 from a word, -log(u), where u is its upper 24 bits with the last one set, times 2^-24: u and
 * 1 - u are exact in float32 and above 0, so that the result is from 2^-24 to 16.64. The logarithm of 2^-k (1 + f), with 1 + f
 * from sqrt(1/2) to sqrt(2), is the series of logf in FreeBSD's msun. Every operation is rounded to float32, so that every
 * device draws alike.
 */
export function exponential(word: number): number {
  let mantissa = ((word >>> 8) | 1) * 2 ** -24;
  let k = 0;
  for (; mantissa < ROOT_OF_HALF; k++) mantissa *= 2;
  const f = mantissa - 1;
  const s = fround(f / fround(f + 2));
  const z = fround(s * s);
  let series = fround(SERIES_3 + fround(z * SERIES_4));
  series = fround(SERIES_2 + fround(z * series));
  series = fround(z * fround(SERIES_1 + fround(z * series)));
  const halfSquare = fround(fround(f * f) * 0.5);
  const correction = fround(fround(s * fround(halfSquare + series)) - halfSquare);
  return fround(fround(k * LOG_OF_2) - fround(correction + f));
}

/** Word 0 of the counter for pair n, from 0, of the words that one element draws in one step. */
export const laterPair = (element: number, n: number): number => element + 2 ** 28 * n;

/** The key of a named stream under a seed: word 0 is the seed, word 1 the FNV-1a hash of the name. */
export function streamKey(seed: number, name: string): [number, number] {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return [seed | 0, hash | 0];
}

/** Random numbers on the host from one named stream: initial weights, the order of one epoch's examples. */
export class RandomStream {
  readonly key: [number, number];
  readonly #moment: number;
  /** Of the next word. */
  #index = 0;
  /** The pair that the next word belongs to, where the index is odd. */
  readonly #pair = new Uint32Array(2);
  readonly #pairAt = new Uint32Array(2);

  /** @param moment numbers streams of one name, e.g. one for each epoch */
  constructor(seed: number, name: string, moment = 0) {
    this.key = streamKey(seed, name);
    this.#moment = moment;
  }

  /** An unsigned 32-bit word. */
  word(): number {
    const place = this.#index & 1;
    if (place === 0) threefry(this.#index / 2, this.#moment, this.key[0], this.key[1], this.#pair);
    this.#index++;
    return this.#pair[place]!;
  }

  /** Word number `index` of the stream, without drawing it: for what depends on a step's number alone. */
  wordAt(index: number): number {
    threefry(index >>> 1, this.#moment, this.key[0], this.key[1], this.#pairAt);
    return this.#pairAt[index & 1]!;
  }

  /** A whole number from 0 to limit - 1, without bias (words above the largest multiple of `limit` are dropped). */
  integer(limit: number): number {
    // What is left over of 2^32, by whole numbers: the remainder of floating-point numbers is slow.
    const bound = 2 ** 32 - (((0xffffffff % limit) + 1) % limit);
    let word = this.word();
    while (word >= bound) word = this.word();
    return word % limit;
  }

  /** `count` numbers between `low` and `high`. */
  uniform(count: number, low: number, high: number): Float32Array {
    // A loop, here and in `consecutive`: `from` takes ten times as long.
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = low + (high - low) * unitUniform(this.word());
    return values;
  }

  /** `count` numbers of a normal distribution. */
  normal(count: number, mean: number, deviation: number): Float32Array {
    const values = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      const [first, second] = normalPair(this.word(), this.word());
      values[i] = mean + deviation * first;
      if (i + 1 < count) values[i + 1] = mean + deviation * second;
    }
    return values;
  }

  /** Fisher-Yates; shuffles in place. */
  shuffle(items: Uint32Array): Uint32Array {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = items[i]!;
      items[i] = items[j]!;
      items[j] = kept;
    }
    return items;
  }
}
