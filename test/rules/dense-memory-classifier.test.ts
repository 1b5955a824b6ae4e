import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { Kernels, RandomStream, UserError } from '../../kernels/index.ts';
import type { DenseMemoryNetwork, NetworkSettings } from '../../networks/index.ts';
import { findRule, Optimizer, weightMatrix } from '../../rules/index.ts';
import {
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { distance, type Matrix, matrix, transpose } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';

const RULE = findRule('dense-memory-classifier');
const settingsOf = (layers: number[], activation: NetworkSettings['activation'] = 'relu') =>
  networkSettings({
    layers,
    activation,
    loss: 'squared-error',
    outputActivation: 'tanh',
    initial: 'dense-memory',
  });

/** Of a dense memory in plain loops, as in the authors' notebook: every hypothesis is an image with class units of its own. */
interface ByHand {
  readonly power: number;
  readonly exponent: number;
  /** In units of an overlap. */
  readonly temperature: number;
  readonly isRectified: boolean;
}

/** Pixels from -1 to 1 and class units. @param up the unit that is at 1; -1: none */
const shown = (pixels: readonly number[], classes: number, up: number): number[] => [
  ...pixels.map((x) => 2 * x - 1),
  ...Array.from({ length: classes }, (_, b) => (b === up ? 1 : -1)),
];
const overlap = (memory: readonly number[], image: readonly number[], { isRectified }: ByHand): number => {
  const x = memory.reduce((sum, w, i) => sum + w * image[i]!, 0);
  return isRectified ? Math.max(x, 0) : x;
};

/** Answers of all classes. @param memories a row each: weights for pixels, then for classes */
function answer(memories: Matrix, pixels: readonly number[], classes: number, by: ByHand): number[] {
  const energy = (up: number) =>
    memories.reduce((sum, memory) => sum + overlap(memory, shown(pixels, classes, up), by) ** by.power, 0);
  return Array.from({ length: classes }, (_, a) =>
    Math.tanh((energy(a) - energy(-1)) / by.temperature ** by.power),
  );
}

/** What the notebook calls d_KS, summed over images. */
function change(
  memories: Matrix,
  images: Matrix,
  labels: readonly number[],
  classes: number,
  by: ByHand,
): Matrix {
  const sum = memories.map((row) => row.map(() => 0));
  const add = (factor: number, image: number[]) => {
    for (const [mu, memory] of memories.entries()) {
      const slope = factor * overlap(memory, image, by) ** (by.power - 1);
      for (const [i, x] of image.entries()) sum[mu]![i] = sum[mu]![i]! + slope * x;
    }
  };
  for (const [n, pixels] of images.entries())
    for (const [a, c] of answer(memories, pixels, classes, by).entries()) {
      const t = labels[n] === a ? 1 : -1;
      const error = (t - c) ** (2 * by.exponent - 1) * (1 - c) * (1 + c);
      add(error, shown(pixels, classes, a));
      add(-error, shown(pixels, classes, -1));
    }
  return sum;
}

const [INPUTS, MEMORIES, CLASSES, BATCH] = [6, 5, 3, 7];

function setUp(options: Record<string, unknown>, activation: NetworkSettings['activation'] = 'relu') {
  const { device, k } = float64();
  const network = buildNetwork(
    RULE,
    k,
    settingsOf([INPUTS, MEMORIES, CLASSES], activation),
    options,
  ) as unknown as DenseMemoryNetwork;
  const rule = buildRule(RULE, network, k, options);
  const input = normalState(k, 'input', BATCH, INPUTS);
  const target = oneHotState(k, BATCH, CLASSES);
  const images = matrix(device.values(input), INPUTS);
  const labels = images.map((_, n) => n % CLASSES);
  const [pixels, classes] = network.connections.map(({ weights }) => device.values(weights)) as [
    Float64Array,
    Float64Array,
  ];
  // A memory by hand is a row.
  const memories = (): Matrix => {
    const ofClasses = matrix(classes, CLASSES);
    return transpose(matrix(pixels, MEMORIES)).map((row, mu) => [...row, ...ofClasses[mu]!]);
  };
  return { device, k, network, rule, input, target, images, labels, pixels, classes, memories };
}

const byHand = (
  { power = 20, exponent = 30, temperature = 1 }: Record<string, number>,
  isRectified = true,
): ByHand => ({ power, exponent, temperature: temperature * INPUTS, isRectified });

for (const [activation, options] of [
  ['relu', { power: 3, exponent: 2, temperature: 2, p: 0.6, damping: 0.9 }],
  ['relu', { power: 6, exponent: 1, temperature: 2, p: 0, damping: 1 }],
  ['linear', { power: 2, exponent: 3, temperature: 2, p: 0.3, damping: 0.5 }],
] as const)
  test(`minibatches move memories as in the authors' notebook: ${activation}, n ${options.power}, m ${options.exponent}`, async () => {
    const { k, network, rule, input, target, images, labels, memories } = setUp(options, activation);
    const by = byHand(options, activation === 'relu');
    // Of 100 examples 14 whole minibatches of 7: the last steps are of the second epoch.
    const [steps, rate, perEpoch] = [17, 0.3, 14];
    const expected = memories();
    const velocity = expected.map((row) => row.map(() => 0));
    for (let step = 0; step < steps; step++) {
      const moved = change(expected, images, labels, CLASSES, by);
      for (const [mu, row] of velocity.entries()) {
        for (const i of row.keys()) row[i] = options.p * row[i]! + moved[mu]![i]!;
        const largest = Math.max(...row.map(Math.abs), 1e-30);
        const eps = rate * options.damping ** Math.floor(step / perEpoch);
        for (const [i, v] of row.entries())
          expected[mu]![i] = Math.min(Math.max(expected[mu]![i]! + (eps * v) / largest, -1), 1);
      }
    }
    const optimizer = new Optimizer(
      k,
      network.connections,
      { optimizer: 'sgd', learningRate: [rate], momentum: 0.9, weightDecay: 0, schedule: 'constant' },
      () => steps,
    );
    await runOnce(
      k,
      () => {
        optimizer.apply(rule.learn({ input, target }).directions);
        rule.betweenMinibatches!(BATCH);
      },
      steps,
    );
    const flat = memories().flat();
    assert.ok(distance(flat, expected) < 1e-9, `${distance(flat, expected)}`);
    assert.ok(flat.some((w) => Math.abs(w) === 1) && flat.some((w) => Math.abs(w) < 0.9));
  });

for (const [activation, options] of [
  ['relu', { power: 3, exponent: 2, temperature: 0.6 }],
  ['linear', { power: 4, exponent: 1, temperature: 0.8 }],
] as const)
  test(`the gradient is that of its loss by finite differences: ${activation}`, async () => {
    const set = setUp(options, activation);
    const { device, k, network, rule, input, target, images, labels } = set;
    const by = byHand(options, activation === 'relu');
    const kept = network.connections.map(({ name, weights }) =>
      k.state(`kept ${name}`, weights.rows, weights.columns),
    );
    const total = k.state('loss', 1, 1);
    await runOnce(k, () => {
      const { gradient } = rule.observe!({ input, target });
      for (const [l, direction] of gradient!.entries())
        k.mapInto(kept[l]!, (x) => x, weightMatrix(k, direction));
      const output = network.respond(input).at(-1)!;
      k.sum(network.loss(output, target), { over: 'all', scale: 1 / BATCH, into: total });
    });
    const loss = () =>
      images.reduce(
        (sum, pixels, n) =>
          sum +
          answer(set.memories(), pixels, CLASSES, by).reduce(
            (sum, c, a) => sum + (c - (labels[n] === a ? 1 : -1)) ** (2 * by.exponent) / BATCH,
            0,
          ),
        0,
      );
    assert.ok(Math.abs(loss() - device.values(total)[0]!) < 1e-12);
    for (const [l, weights] of [set.pixels, set.classes].entries()) {
      const gradient = device.values(kept[l]!);
      assert.ok(Math.max(...gradient.map(Math.abs)) > 1e-3);
      assert.ok(distanceFromDifferences(weights, gradient, loss) < 1e-7);
    }
  });

test('loss and errors can be formed with the largest powers that the options take', async () => {
  const { power, exponent } = RULE.options as Record<string, { max: number }>;
  const largest = { power: power!.max, exponent: exponent!.max, temperature: 1 };
  const { device, k, network, rule, input, target, labels } = setUp(largest);
  const [output, loss] = [k.state('output', BATCH, CLASSES), k.state('loss', BATCH, CLASSES)];
  await runOnce(k, () => {
    const { output: c, directions } = rule.learn({ input, target });
    assert.is(directions.length, 2);
    k.mapInto(output, (c) => c, c);
    k.mapInto(loss, (l) => l, network.loss(c, target));
  });
  const found = matrix(device.values(loss), CLASSES);
  for (const [n, row] of matrix(device.values(output), CLASSES).entries())
    for (const [a, c] of row.entries()) {
      const expected = (c - (labels[n] === a ? 1 : -1)) ** (2 * exponent!.max);
      assert.ok(Math.abs(found[n]![a]! - expected) <= 1e-12 * expected, `${found[n]![a]} ${expected}`);
    }
  assert.ok(Math.max(...found.flat()) > 1);
});

test('what is looked at is what is learned, and changes nothing', async () => {
  const { device, k, network, rule, input, target } = setUp({ power: 3, exponent: 1 });
  const keep = (name: string) =>
    network.connections.map(({ weights }) =>
      k.state(`${name} ${weights.name}`, weights.rows, weights.columns),
    );
  const [seen, learned] = [keep('seen'), keep('learned')];
  await runOnce(k, () => {
    for (const [into, { directions }] of [
      [seen, rule.observe!({ input, target })],
      [learned, rule.learn({ input, target })],
    ] as const)
      for (const [l, direction] of directions.entries())
        k.mapInto(into[l]!, (x) => x, weightMatrix(k, direction));
  });
  for (const l of [0, 1]) assert.equal([...device.values(seen[l]!)], [...device.values(learned[l]!)]);
});

/** Answers before their tanh, of a network whose weights are written in place. */
async function potentials(
  options: Record<string, unknown>,
  activation: NetworkSettings['activation'],
  classScale: number,
) {
  const set = setUp(options, activation);
  const { device, k, network, input } = set;
  set.classes.set(set.classes.map((w) => classScale * w));
  const kept = k.state('kept', BATCH, CLASSES);
  await runOnce(k, () => {
    k.mapInto(kept, (c) => c, network.respond(input).at(-1)!);
  });
  return { ...set, answers: matrix(device.values(kept), CLASSES).map((row) => row.map(Math.atanh)) };
}

/**
 * The dual network: hidden neurons F'(x / T) over pixels alone, or with the other class units at -1, and outputs that get 2 xi_a / T of
 * them.
 */
const dual = (memories: Matrix, pixels: readonly number[], by: ByHand, withOthers: boolean): number[] =>
  Array.from({ length: CLASSES }, (_, a) =>
    memories.reduce((sum, memory) => {
      const others = memory.slice(INPUTS).reduce((sum, w, b) => (withOthers && b !== a ? sum - w : sum), 0);
      const ofPixels = memory.slice(0, INPUTS).reduce((sum, w, i) => sum + w * (2 * pixels[i]! - 1), 0);
      const x = (ofPixels + others) / by.temperature;
      const slope = by.power * (by.isRectified ? Math.max(x, 0) : x) ** (by.power - 1);
      return sum + (2 * memory[INPUTS + a]! * slope) / by.temperature;
    }, 0),
  );

test('with n = 2 and no rectification it is a network with one hidden layer', async () => {
  const options = { power: 2, temperature: 2 };
  const { answers, images, memories } = await potentials(options, 'linear', 1);
  const by = byHand(options, false);
  for (const [n, row] of answers.entries()) {
    const expected = dual(memories(), images[n]!, by, true);
    for (const [a, z] of row.entries()) assert.ok(Math.abs(z - expected[a]!) < 1e-12);
  }
});

test('otherwise that network is its first order in the weights for class units', async () => {
  for (const [activation, power] of [
    ['linear', 2],
    ['relu', 3],
    ['relu', 6],
  ] as const) {
    const options = { power, temperature: 1 };
    const by = byHand(options, activation === 'relu');
    const errors: number[] = [];
    for (const scale of [1e-2, 1e-3, 1e-4]) {
      const { answers, images, memories } = await potentials(options, activation, scale);
      const expected = images.map((pixels) => dual(memories(), pixels, by, false));
      const size = Math.max(...expected.flat().map(Math.abs));
      errors.push(distance(answers.flat(), expected) / size);
    }
    for (const i of [1, 2])
      assert.ok(errors[i]! < 0.2 * errors[i - 1]!, `${activation}, n = ${power}: ${errors}`);
    assert.ok(errors[0]! > 1e-4, 'it is not exact');
  }
});

test('with a memory for each example and a large power the answer is the class of the nearest one', async () => {
  const [bits, stored, cues] = [64, 40, 60];
  const random = new RandomStream(3, 'patterns');
  const patterns = Array.from({ length: stored }, () =>
    Array.from({ length: bits }, () => random.integer(2)),
  );
  // Cues from which half of the bits are drawn anew.
  const shownCues = Array.from({ length: cues }, (_, n) =>
    patterns[n % stored]!.map((bit) => (random.integer(2) === 0 ? random.integer(2) : bit)),
  );
  const labelOf = (mu: number) => mu % 10;
  const agreeing = async (power: number) => {
    const { device, k } = float64();
    const options = { power, temperature: 1 };
    const network = buildNetwork(
      RULE,
      k,
      settingsOf([bits, stored, 10]),
      options,
    ) as unknown as DenseMemoryNetwork;
    device.values(network.pixels.weights).set(
      transpose(patterns)
        .flat()
        .map((bit) => 2 * bit - 1),
    );
    device
      .values(network.classes.weights)
      .set(patterns.flatMap((_, mu) => Array.from({ length: 10 }, (_, a) => (a === labelOf(mu) ? 1 : -1))));
    const input = k.state('cues', cues, bits, Float32Array.from(shownCues.flat()));
    const found = k.state('found', cues, 1);
    await runOnce(k, () => {
      k.mapInto(found, (x) => x, k.argmax(network.respond(input).at(-1)!));
    });
    return [...device.values(found)].filter((label, n) => {
      const apart = patterns.map((pattern) => pattern.filter((bit, i) => bit !== shownCues[n]![i]).length);
      return label === labelOf(apart.indexOf(Math.min(...apart)));
    }).length;
  };
  assert.is(await agreeing(30), cues);
  assert.ok((await agreeing(2)) < cues, 'every pattern has a part in the answer');
});

test('float32 holds the powers of large overlaps, and the slope of answers that are wrong for sure', async () => {
  const answers: number[][] = [];
  for (const device of [await openDevice({ device: 'cpu', blas: 'none' }), float64().device]) {
    const k = new Kernels(device, 1);
    const options = { power: 20, exponent: 30 };
    const network = buildNetwork(RULE, k, settingsOf([784, 4, 10]), options) as unknown as DenseMemoryNetwork;
    const rule = buildRule(RULE, network, k, options);
    const weights = (of: number, f: (i: number) => number) =>
      Float32Array.from({ length: of }, (_, i) => f(i));
    await device.write(
      network.pixels.weights,
      weights(784 * 4, () => 0.9),
    );
    // All memories are of class 0.
    await device.write(
      network.classes.weights,
      weights(40, (i) => (i % 10 === 0 ? 0.5 : -0.5)),
    );
    const input = k.state(
      'white',
      1,
      784,
      weights(784, () => 1),
    );
    const target = k.state(
      'target',
      1,
      10,
      weights(10, (i) => Number(i === 3)),
    );
    const kept = k.state('kept', 784, 4);
    const output = k.state('output', 1, 10);
    const executable = await k.trace('test', () => {
      const learned = rule.learn({ input, target });
      k.mapInto(output, (c) => c, learned.output);
      k.mapInto(kept, (x) => x, weightMatrix(k, learned.directions[0]!));
    });
    await executable.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
    answers.push([...(await device.read(output)), ...(await device.read(kept))]);
    await device.dispose();
  }
  const [seen, wanted] = answers as [number[], number[]];
  assert.is(seen[0], 1, 'the answer is as sure as can be');
  assert.ok(seen.slice(10).every((d) => d !== 0));
  assert.ok(Math.max(...seen.map((x, i) => Math.abs(x - wanted[i]!))) < 1e-3);
});

test('settings that no such network has are refused', () => {
  const check = (given: Partial<NetworkSettings>) => () =>
    RULE.checkOptions!({}, { ...settingsOf([9, 8, 3]), ...given } as never);
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof UserError && pattern.test(error.message);
  check({})();
  check({ activation: 'linear' })();
  assert.throws(check({ layers: [9, 3] }), refused(/^layers: .* one layer of memories .* not 9,3$/));
  assert.throws(check({ layers: [9, 8, 8, 3] }), refused(/not 9,8,8,3$/));
  assert.throws(check({ activation: 'tanh' }), refused(/^activation: .* not tanh$/));
  assert.throws(check({ loss: 'cross-entropy' }), refused(/^loss: .* not tanh and cross-entropy$/));
  assert.throws(check({ outputActivation: 'linear' }), refused(/^loss: .* not linear and squared-error$/));
});

test.run();
