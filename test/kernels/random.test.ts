import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { Kernels, RandomStream } from '../../kernels/index.ts';
import {
  normalPair,
  poissonCount,
  poissonWord,
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

test('poisson counts follow the distribution', () => {
  const words = new Uint32Array(2);
  for (const mean of [0.01, 0.2, 0.5]) {
    const draws = 400_000;
    const seen = new Array<number>(9).fill(0);
    for (let i = 0; i < draws; i++) {
      threefry(i >> 2, 17, 3, 4, words);
      seen[poissonCount(unitUniform(poissonWord(i, words)), mean)]!++;
    }
    let probability = Math.exp(-mean);
    for (const [count, times] of seen.entries()) {
      if (count > 0) probability *= mean / count;
      // Five standard errors, and one draw where none is expected.
      const margin = 5 * Math.sqrt(draws * probability) + 1;
      assert.ok(Math.abs(times - draws * probability) < margin, `mean ${mean}, count ${count}: ${times}`);
    }
  }
});

test('poisson fills on the cpu count what poissonCount counts for the words of the counter and step, also in place of the means', async () => {
  const count = 100_003;
  const stream = new RandomStream(5, 'means');
  // Of all sizes, with quads and longer stretches of zeros.
  const means = stream
    .uniform(count, 0, 1)
    .map((x, i) => ((i >> 2) % 3 === 0 || (i >> 5) % 4 === 0 ? 0 : i % 2 ? x / 2 : 2 ** (-1 - 24 * x)));
  const device = await openCpuDevice('none');
  const k = new Kernels(device, 7);
  const [out, mean] = [k.state('out', 1, count), k.state('mean', 1, count, means)];
  const executable = await k.trace('fills', () => {
    k.poisson('spikes', mean, { into: out });
    k.poisson('spikes', mean, { into: mean });
  });
  await executable.run({ steps: 1, firstStep: 3, rows: new Uint32Array(0) });
  const fills = [await device.read(out), await device.read(mean)];
  await device.dispose();
  const words = new Uint32Array(2);
  for (const [f, fill] of fills.entries()) {
    const key = streamKey(7, `fills/spikes#${f}`);
    for (let i = 0; i < count; i++) {
      threefry(i >> 2, 3, key[0], key[1], words);
      const expected = poissonCount(unitUniform(poissonWord(i, words)), means[i]!);
      if (fill[i] !== expected) assert.unreachable(`fill ${f}, element ${i}: ${fill[i]}, not ${expected}`);
    }
  }
});

test('poisson words are those of the counter, and between them halves of both', () => {
  const words = Uint32Array.of(0x12345678, 0x9abcdef0);
  const numbers = [0, 1, 2, 3, 4].map((i) => unitUniform(poissonWord(i, words)) * 2 ** 24);
  assert.equal(numbers, [0x123456, 0x56789a, 0x9abcde, 0xdef012, 0x123456]);
});

test('neighbours in a poisson fill are independent', () => {
  const words = new Uint32Array(2);
  const draws = 400_000;
  const mean = 0.5;
  const counts = Array.from({ length: draws }, (_, i) => {
    threefry(i >> 2, 18, 3, 4, words);
    return poissonCount(unitUniform(poissonWord(i, words)), mean) - mean;
  });
  for (const distance of [1, 2, 3]) {
    const products = counts.slice(distance).reduce((total, x, i) => total + x * counts[i]!, 0);
    // Five standard errors of a covariance of 0.
    assert.ok(Math.abs(products / draws) < (5 * mean) / Math.sqrt(draws), `${distance}: ${products / draws}`);
  }
});

test('poisson counts are the inversion of the uniform number, and end at 8', () => {
  assert.is(poissonCount(0.999999, 0.5), 0);
  assert.is(poissonCount(1 - Math.exp(-0.3) - 1e-6, 0.3), 1);
  assert.is(poissonCount(1 - Math.exp(-0.3) + 1e-6, 0.3), 0);
  assert.is(poissonCount(1 - Math.exp(-0.3) * 1.3 - 1e-6, 0.3), 2);
  assert.ok(poissonCount(0, 0.5) <= 8);
  assert.is(poissonCount(0, 0), 0);
});

test.run();
