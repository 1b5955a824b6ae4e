import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { Kernels, RandomStream } from '../../kernels/index.ts';
import {
  exponential,
  laterPair,
  normalPair,
  streamKey,
  threefry,
  unitUniform,
} from '../../kernels/random.ts';

/** From the file kat_vectors of Random123 (Salmon, Moraes, Dror & Shaw 2011): threefry2x32 with 20 rounds. */
const KNOWN_ANSWERS = [
  { counter: [0, 0], key: [0, 0], words: [0x6b200159, 0x99ba4efe] },
  { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], words: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], words: [0xc4923a9c, 0x483df7a0] },
] as const;

for (const { counter, key, words } of KNOWN_ANSWERS)
  test(`threefry gives the published words for the counter ${counter}`, () => {
    const out = new Uint32Array(2);
    threefry(counter[0], counter[1], key[0], key[1], out);
    assert.equal([...out], [...words]);
  });

test('uniform numbers and normal numbers stay finite at the ends of the range of words', () => {
  assert.is(unitUniform(0), 0);
  assert.ok(unitUniform(0xffffffff) < 1);
  for (const word of [0, 1, 0xffffffff])
    for (const z of normalPair(word, word)) assert.ok(Math.abs(z) < 5.89, `${z}`);
});

test('integer is below its limit and reaches every value', () => {
  const stream = new RandomStream(1, 'integers');
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 7000; i++) counts[stream.integer(7)]!++;
  // Six standard deviations of a binomial count with mean 1000.
  for (const count of counts) assert.ok(Math.abs(count - 1000) < 176, counts.join());
});

test('shuffle keeps every item, and streams of other names or seeds differ', () => {
  const shuffled = (seed: number, name: string) =>
    new RandomStream(seed, name).shuffle(Uint32Array.from({ length: 100 }, (_, i) => i)).join();
  const first = shuffled(1, 'batches');
  assert.equal(
    first
      .split(',')
      .map(Number)
      .sort((a, b) => a - b),
    [...Array(100).keys()],
  );
  assert.is(shuffled(1, 'batches'), first);
  assert.is.not(shuffled(2, 'batches'), first);
  assert.is.not(shuffled(1, 'weights'), first);
});

/** The fills of two steps on the cpu device. */
async function fills(count: number): Promise<Float32Array[]> {
  const device = await openCpuDevice('none');
  const k = new Kernels(device, 7);
  const [uniform, normal] = [k.state('uniform', 1, count), k.state('normal', 1, count)];
  const executable = await k.trace('fills', () => {
    k.uniform('noise', 1, count, 0, 1, { into: uniform });
    k.normal('noise', 1, count, 0, 1, { into: normal });
  });
  await executable.run({ steps: 2, firstStep: 2 ** 31 - 1, rows: new Uint32Array(0) });
  const values = [await device.read(uniform), await device.read(normal)];
  await device.dispose();
  return values;
}

test('uniform fills on the cpu hold the bits of the words of (pair, step) under the key of the stream', async () => {
  const count = 1003;
  const [uniform] = await fills(count);
  const words = new Uint32Array(2);
  const key = streamKey(7, 'fills/noise#0');
  const expected = Array.from({ length: count }, (_, i) => {
    threefry(i >> 1, 2 ** 31, key[0], key[1], words);
    return unitUniform(words[i % 2]!);
  });
  assert.equal([...uniform!], expected);
});

test('normal fills are within a few units in the last place of 4 of the float64 formula', async () => {
  const count = 400_000;
  const [, normal] = await fills(count);
  const words = new Uint32Array(2);
  const key = streamKey(7, 'fills/noise#1');
  let worst = 0;
  for (let i = 0; i < count; i += 2) {
    threefry(i >> 1, 2 ** 31, key[0], key[1], words);
    const [x, y] = normalPair(words[0]!, words[1]!);
    worst = Math.max(worst, Math.abs(x - normal![i]!), Math.abs(y - normal![i + 1]!));
  }
  assert.ok(worst < 4 * 2 ** -21, `${worst}`);
});

test('normal fills have mean 0, variance 1 and the tails of a normal distribution', async () => {
  const count = 200_000;
  const [, normal] = await fills(count);
  const mean = normal!.reduce((total, z) => total + z, 0) / count;
  const variance = normal!.reduce((total, z) => total + z * z, 0) / count;
  const beyondTwo = normal!.filter((z) => Math.abs(z) > 2).length / count;
  // Five standard errors each; 4.55 % of a normal distribution lies beyond two standard deviations.
  assert.ok(Math.abs(mean) < 5 / Math.sqrt(count), `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 5 * Math.sqrt(2 / count), `variance ${variance}`);
  assert.ok(Math.abs(beyondTwo - 0.0455) < 5 * Math.sqrt(0.0455 / count), `beyond two ${beyondTwo}`);
});

test('exponential numbers are -log of the word, from 2^-24 on, and in float32', () => {
  const stream = new RandomStream(3, 'words');
  const words = [0, 0x1ff, 0x200, 0x7fffffff, 0x80000000, 0xb504f300, 0xb504f400, 0xfffffcff, 0xffffffff];
  for (let i = 0; i < 100_000; i++) words.push(i % 2 ? stream.word() : stream.word() >>> (i % 24));
  for (const word of words) {
    const number = exponential(word);
    const exact = -Math.log(((word >>> 8) | 1) * 2 ** -24);
    assert.is(number, Math.fround(number));
    assert.ok(Math.abs(number - exact) <= 2 ** -23 * exact, `${word}: ${number}, not ${exact}`);
  }
  assert.is(exponential(0xffffffff), Math.fround(-Math.log(1 - 2 ** -24)));
  assert.ok(exponential(0) < 16.64);
});

/** What neurons with such means do in such a number of steps on the cpu device: the counts of each step, and what lasts. */
async function spikesOf(means: readonly Float32Array[], steps: number) {
  const device = await openCpuDevice('none');
  const k = new Kernels(device, 7);
  const count = means[0]!.length;
  const [out, untilSpike] = [k.state('out', 1, count), k.state('until the next spike', 1, count)];
  const executables = [];
  for (const [p, values] of means.entries()) {
    const mean = k.state(`mean ${p}`, 1, count, values);
    // One name, and so one stream: the means alone change from step to step.
    const trace = () => void k.mapInto(out, (x) => x, k.spikes('spikes', mean, untilSpike));
    executables.push(await k.trace('spiking', trace));
  }
  const counts: Float32Array[] = [];
  for (let step = 0; step < steps; step++) {
    const executable = executables[step % means.length]!;
    await executable.run({ steps: 1, firstStep: step, rows: new Uint32Array(0) });
    counts.push(await device.read(out));
  }
  const rest = await device.read(untilSpike);
  await device.dispose();
  return { counts, rest };
}

const same = (count: number, mean: number): Float32Array => new Float32Array(count).fill(mean);

/** Sum over classes of (seen - expected)^2 / expected; classes of fewer than 5 expected draws are joined with the one before. */
function chiSquare(seen: readonly number[], expected: readonly number[]): { value: number; freedom: number } {
  const joined: [number, number][] = [];
  for (const [i, e] of expected.entries()) {
    const last = joined.at(-1);
    if (last && (e < 5 || last[1] < 5)) {
      last[0] += seen[i]!;
      last[1] += e;
    } else joined.push([seen[i]!, e]);
  }
  return { value: joined.reduce((sum, [s, e]) => sum + (s - e) ** 2 / e, 0), freedom: joined.length - 1 };
}

/** Five standard deviations above the mean of the chi-square distribution, which for few degrees of freedom is above 0.9999. */
function assertFits(seen: readonly number[], expected: readonly number[], what: string): void {
  const { value, freedom } = chiSquare(seen, expected);
  assert.ok(freedom > 0, `${what}: one class only`);
  const limit = freedom + 5 * Math.sqrt(2 * freedom) + 10;
  assert.ok(value < limit, `${what}: chi-square ${value}, limit ${limit}: ${seen} for ${expected}`);
}

/** Expected numbers of draws with 0, 1, ... 8 spikes, and more. */
function poissonCounts(mean: number, draws: number): number[] {
  const expected: number[] = [];
  let probability = Math.exp(-mean);
  for (let n = 0; n <= 8; n++, probability *= mean / n) expected.push(draws * probability);
  return [...expected, draws - expected.reduce((sum, e) => sum + e, 0)];
}

const histogram = (values: Iterable<number>, classes: number): number[] => {
  const seen = new Array<number>(classes).fill(0);
  for (const value of values) seen[Math.min(value, classes - 1)]!++;
  return seen;
};

for (const [mean, neurons, steps] of [
  [1e-3, 50_000, 80],
  [0.01, 20_000, 50],
  [0.2, 20_000, 50],
  [0.5, 20_000, 50],
  // Many intervals end in one step.
  [3, 10_000, 20],
] as const)
  test(`spikes of mean ${mean} are Poisson numbers, in each step, of neurons and steps that do not depend on each other`, async () => {
    const { counts } = await spikesOf([same(neurons, mean)], steps);
    const draws = neurons * steps;
    const all = counts.flatMap((values) => [...values]);
    assertFits(histogram(all, 10), poissonCounts(mean, draws), 'counts');
    // The first step, in which every interval begins, and the last.
    for (const step of [0, steps - 1])
      assertFits(histogram(counts[step]!, 10), poissonCounts(mean, neurons), `step ${step}`);
    const total = all.reduce((sum, n) => sum + n, 0);
    const squares = all.reduce((sum, n) => sum + (n - mean) ** 2, 0);
    // Five standard errors; the fourth central moment of a Poisson number is mean + 3 mean^2.
    assert.ok(Math.abs(total / draws - mean) < 5 * Math.sqrt(mean / draws), `mean ${total / draws}`);
    const error = Math.sqrt((mean + 2 * mean ** 2) / draws);
    assert.ok(Math.abs(squares / draws - mean) < 5 * error, `variance ${squares / draws}`);
    const covariance = (neuronsApart: number, stepsApart: number) => {
      let sum = 0;
      for (let t = stepsApart; t < steps; t++)
        for (let i = neuronsApart; i < neurons; i++)
          sum += (counts[t]![i]! - mean) * (counts[t - stepsApart]![i - neuronsApart]! - mean);
      return sum / ((steps - stepsApart) * (neurons - neuronsApart));
    };
    for (const [i, t] of [
      [1, 0],
      [2, 0],
      [4, 0],
      [0, 1],
      [0, 2],
      [0, 7],
      [1, 1],
    ] as const)
      assert.ok(
        Math.abs(covariance(i, t)) < (5 * mean) / Math.sqrt(draws / 2),
        `covariance ${covariance(i, t)} of ${i} neurons and ${t} steps apart`,
      );
  });

test('steps between spikes are geometrically distributed, as those of a Poisson process', async () => {
  const [mean, steps] = [0.1, 400];
  const { counts } = await spikesOf([same(1000, mean)], steps);
  const gaps: number[] = [];
  for (let i = 0; i < 1000; i++) {
    let last = -1;
    // An interval counts only if it begins early enough to end, so that long ones are not missed.
    for (let t = 0; t < steps; t++) {
      if (counts[t]![i] === 0) continue;
      if (last >= 0 && last < steps - 200) gaps.push(t - last - 1);
      last = t;
    }
  }
  const p = 1 - Math.exp(-mean);
  const expected = Array.from({ length: 60 }, (_, n) => gaps.length * p * (1 - p) ** n);
  assertFits(histogram(gaps, 61), [...expected, gaps.length * (1 - p) ** 60], 'intervals');
});

test('where means change from step to step, the counts of each step are Poisson numbers of its own mean', async () => {
  const means = [0.02, 0.5, 0, 0.3];
  const neurons = 50_000;
  const { counts } = await spikesOf(
    means.map((mean) => same(neurons, mean)),
    12,
  );
  for (const [step, values] of counts.entries()) {
    const mean = means[step % means.length]!;
    if (mean === 0) assert.ok(values.every((n) => n === 0));
    else assertFits(histogram(values, 10), poissonCounts(mean, neurons), `step ${step}`);
  }
  // Two steps of large means next to each other but for one without spikes.
  const both = counts[5]!.reduce((sum, n, i) => sum + (n - 0.5) * (counts[7]![i]! - 0.3), 0) / neurons;
  assert.ok(Math.abs(both) < 5 * Math.sqrt((0.5 * 0.3) / neurons), `covariance ${both}`);
});

test('a neuron of mean zero never spikes, and its interval does not change', async () => {
  const { counts, rest } = await spikesOf([same(1003, 0)], 20);
  assert.ok(counts.every((values) => values.every((n) => n === 0)));
  assert.equal([...(await spikesOf([same(1003, 0)], 1)).rest], [...rest]);
  assert.ok(rest.every((x) => x > 0));
});

test('spikes on the cpu are those that the intervals of the words of the counter and step make', async () => {
  const count = 10_007;
  const stream = new RandomStream(5, 'means');
  // Of all sizes, with stretches of zeros; some large, so that a neuron needs several pairs of words.
  const means = stream
    .uniform(count, 0, 1)
    .map((x, i) => ((i >> 5) % 4 === 0 ? 0 : i % 61 === 0 ? 6 * x : i % 2 ? x / 2 : 2 ** (-1 - 24 * x)));
  const steps = 30;
  const { counts, rest } = await spikesOf([means], steps);
  const words = new Uint32Array(2);
  const key = streamKey(7, 'spiking/spikes#0');
  let pairs = 0;
  for (let i = 0; i < count; i++) {
    let [left, isFirst] = [0, true];
    for (let step = 0; step < steps; step++) {
      left = Math.fround(left - means[i]!);
      let spikes = 0;
      for (let n = 0; left <= 0; n++) {
        threefry(laterPair(i, n >> 1), step, key[0], key[1], words);
        if (!isFirst) spikes++;
        isFirst = false;
        left = Math.fround(left + exponential(words[n & 1]!));
        pairs = Math.max(pairs, n >> 1);
      }
      if (counts[step]![i] !== spikes)
        assert.unreachable(`neuron ${i}, step ${step}: ${counts[step]![i]}, not ${spikes}`);
    }
    if (rest[i] !== left) assert.unreachable(`neuron ${i}: ${rest[i]} left, not ${left}`);
  }
  assert.ok(pairs >= 3, `${pairs} later pairs at most`);
});

test.run();
