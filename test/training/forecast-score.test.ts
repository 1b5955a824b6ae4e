import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, UserError } from '../../kernels/index.ts';
import { forecastScores, type RecordedPair } from '../../training/index.ts';

const STIMULI = 8;
const CHANNELS = 10;
const FEATURES = 16;
const PLANTED = 8;

/**
 * A stimulus u of eight independent AR(1) processes with variance 1; a brain of ten channels that mixes it, with noise; a model that sees it through
 * noise and a tanh. A brain that predicts adds what comes `PLANTED` steps later.
 */
function synthetic(rho: number, predicts: boolean, seed = 1) {
  const random = new RandomStream(seed, 'synthetic brain');
  const normal = (count: number) => Float64Array.from(random.normal(count, 0, 1));
  const steps = 6000;
  const noise = normal((steps + PLANTED) * STIMULI);
  const u = new Float64Array(noise.length);
  for (let i = 0; i < u.length; i++)
    u[i] = i < STIMULI ? noise[i]! : rho * u[i - STIMULI]! + Math.sqrt(1 - rho * rho) * noise[i]!;
  const mixed = (weights: Float64Array, columns: number, t: number, c: number): number => {
    let sum = 0;
    for (let s = 0; s < STIMULI; s++) sum += u[t * STIMULI + s]! * weights[s * columns + c]!;
    return sum / Math.sqrt(STIMULI);
  };
  const [now, later, seen] = [normal(80), normal(80), normal(STIMULI * FEATURES)];
  const [brainNoise, modelNoise] = [normal(steps * CHANNELS), normal(steps * FEATURES)];
  const brain = Float64Array.from({ length: steps * CHANNELS }, (_, i) => {
    const [t, c] = [Math.floor(i / CHANNELS), i % CHANNELS];
    const future = predicts ? mixed(later, CHANNELS, t + PLANTED, c) : 0;
    return mixed(now, CHANNELS, t, c) + future + 1.5 * brainNoise[i]!;
  });
  const model = Float64Array.from({ length: steps * FEATURES }, (_, i) => {
    const [t, c] = [Math.floor(i / FEATURES), i % FEATURES];
    return Math.tanh(mixed(seen, FEATURES, t, c) + 0.5 * modelNoise[i]!);
  });
  const part = (from: number, to: number): RecordedPair[] => [
    {
      brain: { channels: CHANNELS, values: brain.subarray(from * CHANNELS, to * CHANNELS) },
      model: { channels: FEATURES, values: model.subarray(from * FEATURES, to * FEATURES) },
    },
  ];
  return {
    fitted: part(0, 3600),
    held: part(3600, 4800),
    tested: part(4800, 6000),
  };
}

const distances = [1, 4, 8, 12];

test('future features explain a passive brain too, and no better than those of the past', () => {
  for (const seed of [1, 2]) {
    const { brainScore, scores } = forecastScores({ ...synthetic(0.95, false, seed), distances });
    assert.ok(brainScore > 0.3, `${brainScore}`);
    const [one, , eight] = scores;
    assert.ok(one!.future > 0.01, `the naive score of the next step is above zero: ${one!.future}`);
    assert.ok(Math.abs(eight!.difference) < 0.01, `${eight!.difference}`);
    for (const { difference, future, past } of scores) {
      assert.ok(Math.abs(difference) < 0.02, `${difference}`);
      assert.is(difference, future - past);
    }
  }
});

test('a brain that predicts has the largest difference at the distance that was planted', () => {
  for (const rho of [0, 0.8, 0.95]) {
    const { scores } = forecastScores({ ...synthetic(rho, true), distances });
    const eight = scores.find(({ distance }) => distance === PLANTED)!;
    assert.ok(eight.difference > 0.05, `${rho}: ${eight.difference}`);
    assert.is(eight.difference, Math.max(...scores.map(({ difference }) => difference)), `${rho}`);
  }
});

test('without likeness to itself, a stimulus gives a passive brain no score at all', () => {
  const { scores } = forecastScores({ ...synthetic(0, false), distances });
  for (const { future, past } of scores) assert.ok(Math.abs(future) < 0.012 && Math.abs(past) < 0.012);
});

/** Sequences in which brain and model follow functions of the step and the sequence. */
const made = (count: number, steps: number, brain: (n: number, t: number) => number, model: typeof brain) =>
  Array.from({ length: count }, (_, n): RecordedPair => {
    const values = (of: typeof brain) => Float64Array.from({ length: steps }, (_, t) => of(n, t));
    return { brain: { channels: 1, values: values(brain) }, model: { channels: 1, values: values(model) } };
  });

test('a brain that is the future of the model is explained by it alone, within its own sequence', () => {
  const random = new RandomStream(4, 'values');
  const noise = Float64Array.from(random.normal(40_000, 0, 1));
  const model = (n: number, t: number) => noise[100 * n + t]!;
  const pairs = (first: number, count: number) =>
    made(
      count,
      20,
      (n, t) => model(first + n, t + 3),
      (n, t) => model(first + n, t),
    );
  const { brainScore, scores } = forecastScores({
    ...{ fitted: pairs(0, 200), held: pairs(200, 50), tested: pairs(250, 50) },
    distances: [2, 3],
  });
  const [two, three] = scores;
  assert.ok(Math.abs(brainScore) < 0.1);
  assert.ok(Math.abs(two!.future) < 0.1 && Math.abs(two!.past) < 0.1);
  assert.ok(three!.future + brainScore > 0.999, `${three!.future + brainScore}`);
});

test('one feature alone has the correlation of Pearson', () => {
  const x = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
  const y = [2, 7, 1, 8, 2, 8, 1, 8, 2, 8];
  const pairs = made(
    1,
    10,
    (_, t) => y[t]!,
    (_, t) => x[t]!,
  );
  const { brainScore } = forecastScores({ fitted: pairs, held: pairs, tested: pairs, distances: [1] });
  const inner = [x.slice(1, 9), y.slice(1, 9)] as const;
  const mean = (v: readonly number[]) => v.reduce((sum, a) => sum + a, 0) / v.length;
  const [mx, my] = [mean(inner[0]), mean(inner[1])];
  const sum = (of: (a: number, b: number) => number) =>
    inner[0].reduce((s, a, i) => s + of(a - mx, inner[1][i]! - my), 0);
  const r = sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
  assert.ok(Math.abs(brainScore - Math.abs(r)) < 1e-6, `${brainScore} ${r}`);
});

test('a brain that never varies scores 0, and sequences without a past and a future are refused', () => {
  const pairs = made(
    3,
    6,
    () => 1,
    (n, t) => n + t,
  );
  const input = { fitted: pairs, held: pairs, tested: pairs };
  assert.is(forecastScores({ ...input, distances: [1] }).brainScore, 0);
  assert.throws(() => forecastScores({ ...input, distances: [1, 3] }), /too short for a distance of 3 steps/);
});

test('distances and recordings that are none are refused with a sentence', () => {
  const pairs = made(
    3,
    9,
    (n, t) => Math.sin(n + t),
    (n, t) => Math.cos(n * t),
  );
  const input = { fitted: pairs, held: pairs, tested: pairs, distances: [1] };
  forecastScores(input);
  const [{ brain, model }] = pairs as [RecordedPair];
  const withPair = (pair: Partial<RecordedPair>) => ({
    ...input,
    held: [...pairs, { brain, model, ...pair }],
  });
  const shorter = { channels: 1, values: Array.from(model.values).slice(1) };
  const withNaN = { channels: 1, values: Array.from(brain.values, (x, t) => (t === 4 ? Number.NaN : x)) };
  const two = { channels: 3, values: new Float64Array(27) };
  for (const [wrong, message] of [
    [{ ...input, distances: [] }, /^distances of a forecast are whole numbers of steps from 1 on, not none$/],
    [{ ...input, distances: [1, 0] }, /from 1 on, not 1, 0$/],
    [{ ...input, distances: [1.5] }, /from 1 on, not 1.5$/],
    [{ ...input, distances: [Number.NaN] }, /from 1 on, not NaN$/],
    [withPair({ model: shorter }), /^held\[3\] has 9 steps of the brain and 8 of the model: /],
    [withPair({ brain: withNaN }), /^held\[3\] has the value NaN of the brain at step 4: /],
    [withPair({ model: two }), /^held\[3\] has 3 channels of the model, and the first pair 1: /],
  ] as const)
    assert.throws(
      () => forecastScores(wrong),
      (error: unknown) => error instanceof UserError && message.test(error.message),
      String(message),
    );
});

test.run();
