/**
 * Random numbers from a counter: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror & Shaw 2011, "Parallel random
 * numbers: as easy as 1, 2, 3"). A random fill depends on its key and the step alone, so every device, thread and
 * replica draws the same numbers in any order, and a resumed run needs to know the step and nothing of what was drawn. (A
 * `RandomStream` on the host counts its draws; it serves what is drawn at once, such as initial weights.)
 *
 * Layout of the counter in a random fill: word 0 is the pair number, `element >> 1`; word 1 is the step. Element
 * 2p takes the first word of the result and 2p + 1 the second. Poisson fills take four elements from two words.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/** The two 32-bit words of Threefry-2x32-20 for a counter and a key; written into `out[0]` and `out[1]`. */
export function threefry(c0: number, c1: number, k0: number, k1: number, out: Uint32Array): void {
  const keys = [k0, k1, k0 ^ k1 ^ PARITY];
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = ROTATIONS[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x0 = (x0 + keys[group % 3]!) | 0;
      x1 = (x1 + keys[(group + 1) % 3]! + group) | 0;
    }
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

/**
 * A Poisson number from one uniform number by inversion: how many of P(N >= 1), P(N >= 2), ... P(N >= 8) are above u. It
 * is meant for spikes in a time step, with a mean from 0 to 0.5; above, the series of 1 - e^-mean ends too early. Every
 * operation is rounded to float32, so that every device counts alike.
 */
export function poissonCount(u: number, mean: number): number {
  const m = fround(mean);
  let series = 1;
  for (let n = 8; n > 1; n--) series = fround(1 - fround(fround(m * fround(1 / n)) * series));
  let tail = fround(m * series);
  let probability = fround(1 - tail);
  let count = 0;
  while (u < tail && count < 8) {
    count++;
    probability = fround(fround(probability * m) / count);
    tail = fround(tail - probability);
  }
  return count;
}

/**
 * The word of element `i` of a Poisson fill, from the words of the counter (i >> 2, step): the first, the second, and for
 * odd elements the lower half of one before the upper half of the other. Words of neighbours so overlap by 16 bits, and their
 * uniform numbers by 8: the last ones of one are the first ones of the next. Those decide only where the upper 16 bits
 * are those of a limit between two counts, so that the counts of neighbours have a covariance of at most 2^-18 for each limit.
 */
export function poissonWord(i: number, words: Uint32Array): number {
  const [first, second] = i & 2 ? [words[1]!, words[0]!] : [words[0]!, words[1]!];
  return i & 1 ? (first << 16) | (second >>> 16) : first;
}

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
  #pair = 0;
  #spare: number | null = null;
  readonly #words = new Uint32Array(2);

  /** @param moment numbers streams of one name, e.g. one for each epoch */
  constructor(seed: number, name: string, moment = 0) {
    this.key = streamKey(seed, name);
    this.#moment = moment;
  }

  /** An unsigned 32-bit word. */
  word(): number {
    if (this.#spare !== null) {
      const word = this.#spare;
      this.#spare = null;
      return word;
    }
    threefry(this.#pair, this.#moment, this.key[0], this.key[1], this.#words);
    this.#pair++;
    this.#spare = this.#words[1]!;
    return this.#words[0]!;
  }

  /** Word number `index` of the stream, without drawing it: for what depends on a step's number alone. */
  wordAt(index: number): number {
    threefry(index >>> 1, this.#moment, this.key[0], this.key[1], this.#words);
    return this.#words[index & 1]!;
  }

  /** A whole number from 0 to limit - 1, without bias (words above the largest multiple of `limit` are dropped). */
  integer(limit: number): number {
    const bound = 2 ** 32 - (2 ** 32 % limit);
    let word = this.word();
    while (word >= bound) word = this.word();
    return word % limit;
  }

  uniform(count: number, low: number, high: number): Float32Array {
    return Float32Array.from({ length: count }, () => low + (high - low) * unitUniform(this.word()));
  }

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
