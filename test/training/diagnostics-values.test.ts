import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, makeSplit } from '../../data/index.ts';
import { RandomStream, type Tensor } from '../../kernels/index.ts';
import {
  type Connection,
  LayeredNetwork,
  type Network,
  type NetworkKind,
  type NetworkSettings,
} from '../../networks/index.ts';
import {
  defineRule,
  findRule,
  type Minibatch,
  type Observation,
  type OptionTable,
  type RuleContext,
  type RuleDefinition,
} from '../../rules/index.ts';
import { DIAGNOSTICS, prepareMeasurements } from '../../training/index.ts';
import { type HandState, handEnergy, handStep } from '../networks/settling-by-hand.ts';
import { combine, type Matrix, matrix, meanProduct, multiply, softmax, transpose } from '../rules/by-hand.ts';
import { buildNetwork, buildRule, float64, networkSettings } from '../support.ts';

/** Every diagnostic against plain loops in float64. Readings are float32, hence the tolerances. */
const RELATIVE = 1e-5;
const DEGREES = 1e-3;
const EXAMPLES = 12;
const [FIRST, SECOND, THIRD] = ['input to hidden 1', 'hidden 1 to hidden 2', 'hidden 2 to output'] as const;

/** Random images of 6 pixels and 3 classes. */
function images(): Dataset {
  const random = new RandomStream(5, 'images');
  const bytes = Uint8Array.from({ length: EXAMPLES * 6 }, () => random.integer(256));
  const labels = Uint8Array.from({ length: EXAMPLES }, () => random.integer(3));
  const split = makeSplit('train', bytes, labels, 6, 3);
  const common = { name: 'test', title: 'test', classes: 3, width: 6, shape: [2, 3] as const };
  return { ...common, train: split, test: split, validation: null, comparable: 'made up' };
}
const DATA = images();
const INPUT: Matrix = matrix(DATA.train.images.values, 6).map((row) => row.map((byte) => byte / 255));
const TARGET: Matrix = Array.from(DATA.train.labels!.values, (label) =>
  [0, 1, 2].map((c) => Number(c === label)),
);

interface Setup {
  network?: Partial<NetworkSettings>;
  options?: Record<string, unknown>;
  /** Changes states before anything is measured. */
  set?: (values: (state: string) => Float64Array) => void;
}

/** All diagnostics of a rule on a network 6-5-4-3. */
async function look(definition: RuleDefinition, { network: given, options = {}, set }: Setup = {}) {
  const { device, k } = float64();
  const network: Network = buildNetwork(
    definition,
    k,
    networkSettings({ layers: [6, 5, 4, 3], ...given }),
    options,
    3,
  );
  const rule = buildRule(definition, network, k, options);
  const values = (state: string) => device.values(k.states.get(state)!);
  const random = new RandomStream(9, 'biases');
  for (const { bias } of network.connections) device.values(bias!).set(random.normal(bias!.columns, 0, 0.3));
  set?.(values);
  const { measure, notes } = await prepareMeasurements(
    DIAGNOSTICS,
    { kernels: k, network, kind: definition.network.name, rule },
    DATA.train.images,
    (input) => k.gather(DATA.train.labels!, input.rows),
  );
  const weights = network.connections.map(({ to }, l) => matrix(values(`weights ${l + 1}`), to.size));
  const biases = network.connections.map((_, l) => [...values(`bias ${l + 1}`)]);
  const state = (name: string, columns: number) => matrix(values(name), columns);
  return { measured: await measure(), measure, notes, values, weights, biases, state };
}

const norm = (a: Matrix) => Math.sqrt(a.flat().reduce((sum, x) => sum + x * x, 0));

function angleOf(a: Matrix, b: Matrix): number {
  const [x, y] = [a.flat(), b.flat()];
  assert.is(x.length, y.length);
  const dot = x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return (Math.acos(dot / (norm(a) * norm(b))) * 180) / Math.PI;
}

const mean = (a: Matrix) => a.flat().reduce((sum, x) => sum + x, 0) / a.flat().length;
const shareOf = (a: Matrix, isAtEnd: (rate: number) => boolean) =>
  mean(a.map((r) => r.map((x) => +isAtEnd(x))));

function expectNear(
  seen: Readonly<Record<string, number | null>> | undefined,
  wanted: Readonly<Record<string, number>>,
  tolerance = RELATIVE,
) {
  assert.equal(Object.keys(seen ?? {}), Object.keys(wanted));
  for (const [name, value] of Object.entries(wanted)) {
    const limit = tolerance * Math.max(1, tolerance === DEGREES ? 1 : Math.abs(value));
    assert.ok(Math.abs(seen![name]! - value) <= limit, `${name} is ${seen![name]}, expected ${value}`);
  }
}

/** Rates of each layer above the input, with `f` in the hidden layers and `last` in the output. */
function ratesOf(
  { weights, biases }: { weights: Matrix[]; biases: number[][] },
  f: (v: number) => number,
  last: (v: Matrix) => Matrix,
): Matrix[] {
  const rates: Matrix[] = [];
  for (const [l, w] of weights.entries()) {
    const v = combine(multiply(rates[l - 1] ?? INPUT, w), [biases[l]!], (x, b) => x + b);
    rates.push(l === weights.length - 1 ? last(v) : v.map((row) => row.map(f)));
  }
  return rates;
}

/** Directions of the weights of a tanh network with softmax outputs, for feedback matrices of each hidden layer. */
function directionsBy(rates: readonly Matrix[], down: readonly Matrix[]): Matrix[] {
  const errors = [combine(rates.at(-1)!, TARGET, (y, t) => y - t)];
  for (let l = rates.length - 2; l >= 0; l--)
    errors.unshift(combine(multiply(errors[0]!, down[l]!), rates[l]!, (e, r) => e * (1 - r * r)));
  return errors.map((e, l) => meanProduct(rates[l - 1] ?? INPUT, e));
}

test('angle and norm ratio of backprop are 0 and 1', async () => {
  const { measured } = await look(findRule('backprop'));
  expectNear(measured.angle, { [FIRST]: 0, [SECOND]: 0, [THIRD]: 0 }, 1e-6);
  expectNear(measured['norm-ratio'], { [FIRST]: 1, [SECOND]: 1, [THIRD]: 1 }, 1e-6);
});

test('angle, norm ratio and feedback angle of feedback alignment', async () => {
  const seen = await look(findRule('feedback-alignment'));
  const rates = ratesOf(seen, Math.tanh, softmax);
  const B = [
    seen.state('feedback from hidden 2 to hidden 1', 5),
    seen.state('feedback from output to hidden 2', 4),
  ];
  const W = seen.weights.slice(1).map(transpose);
  const [taken, exact] = [directionsBy(rates, B), directionsBy(rates, W)];
  const each = (f: (l: number) => number) => ({ [FIRST]: f(0), [SECOND]: f(1), [THIRD]: f(2) });
  expectNear(seen.measured.angle, { ...each((l) => angleOf(taken[l]!, exact[l]!)), [THIRD]: 0 }, DEGREES);
  expectNear(
    seen.measured['norm-ratio'],
    each((l) => norm(taken[l]!) / norm(exact[l]!)),
  );
  expectNear(
    seen.measured['feedback-angle'],
    {
      'feedback from hidden 2 to hidden 1': angleOf(B[0]!, W[0]!),
      'feedback from output to hidden 2': angleOf(B[1]!, W[1]!),
    },
    DEGREES,
  );
});

test('feedback that skips layers is compared with the product of the weights on the way', async () => {
  const network = { activation: 'sigmoid', loss: 'squared-error', outputActivation: 'sigmoid' } as const;
  for (const { measured, weights, state } of [
    await look(findRule('direct-feedback-alignment')),
    await look(findRule('segregated-dendrite'), { network, options: { neurons: 'rate' } }),
  ]) {
    const paths = [multiply(weights[1]!, weights[2]!), weights[2]!];
    expectNear(
      measured['feedback-angle'],
      {
        'feedback from output to hidden 1': angleOf(
          state('feedback from output to hidden 1', 5),
          transpose(paths[0]!),
        ),
        'feedback from output to hidden 2': angleOf(
          state('feedback from output to hidden 2', 4),
          transpose(paths[1]!),
        ),
      },
      DEGREES,
    );
  }
});

test('feedback angles are 0 for transposed and 180 for negative weights', async () => {
  const { measured } = await look(findRule('feedback-alignment'), {
    set(values) {
      for (const [name, l, sign] of [
        ['feedback from hidden 2 to hidden 1', 2, 1],
        ['feedback from output to hidden 2', 3, -1],
      ] as const) {
        const columns = l === 2 ? 4 : 3;
        values(name).set(
          transpose(matrix(values(`weights ${l}`), columns))
            .flat()
            .map((w) => sign * w),
        );
      }
    },
  });
  expectNear(
    measured['feedback-angle'],
    { 'feedback from hidden 2 to hidden 1': 0, 'feedback from output to hidden 2': 180 },
    DEGREES,
  );
  assert.ok(Math.abs(measured.angle![SECOND]! - 180) < DEGREES);
});

test('weight norms are those of the time', async () => {
  const { measured, measure, weights, values } = await look(findRule('backprop'));
  const [first, second, third] = weights.map(norm) as [number, number, number];
  expectNear(measured['weight-norms'], { [FIRST]: first, [SECOND]: second, [THIRD]: third });
  values('weights 2').fill(-2);
  const { 'weight-norms': later } = await measure();
  expectNear(later, { [FIRST]: first, [SECOND]: 2 * Math.sqrt(20), [THIRD]: third });
});

const sigma = (v: number) => 1 / (1 + Math.exp(-v));

/** Rate, whether it is at an end of its range, and how much wider weights are made so that some rates are. */
const ENDS = {
  tanh: [Math.tanh, (r: number) => Math.abs(r) > 0.95, 4],
  sigmoid: [sigma, (r: number) => r < 0.05 || r > 0.95, 8],
  'hard-sigmoid': [(v: number) => Math.min(Math.max(v, 0), 1), (r: number) => r < 0.05 || r > 0.95, 2],
  relu: [(v: number) => Math.max(v, 0), (r: number) => r === 0, 1],
} as const;

for (const [activation, [f, isAtEnd, wider]] of Object.entries(ENDS))
  test(`activity and saturation of ${activation} neurons`, async () => {
    const name = activation as keyof typeof ENDS;
    const network = { activation: name, loss: 'squared-error', outputActivation: name } as const;
    const seen = await look(findRule('backprop'), {
      network,
      set(values) {
        for (const l of [1, 2, 3]) values(`weights ${l}`).set(values(`weights ${l}`).map((w) => wider * w));
      },
    });
    const [one, two, out] = ratesOf(seen, f, (v) => v.map((row) => row.map(f))) as [Matrix, Matrix, Matrix];
    expectNear(seen.measured.activity, { 'hidden 1': mean(one), 'hidden 2': mean(two), output: mean(out) });
    const shares = [one, two, out].map((rates) => shareOf(rates, isAtEnd)) as [number, number, number];
    assert.ok(
      shares.every((share) => share > 0 && share < 1),
      `${shares}`,
    );
    const [a, b, c] = shares;
    expectNear(seen.measured.saturation, { 'hidden 1': a, 'hidden 2': b, output: c });
  });

test('softmax and linear neurons have an activity, and no saturation', async () => {
  const soft = await look(findRule('backprop'));
  assert.ok(Math.abs(soft.measured.activity!.output! - 1 / 3) < RELATIVE);
  assert.equal(Object.keys(soft.measured.saturation!), ['hidden 1', 'hidden 2']);
  assert.ok(
    soft.notes.includes(
      'saturation of output is not measured: a softmax shares out one rate among its neurons',
    ),
  );
  const network = { activation: 'linear', loss: 'squared-error', outputActivation: 'linear' } as const;
  const linear = await look(findRule('backprop'), { network });
  assert.is(linear.measured.saturation, undefined);
  assert.ok(
    linear.notes.includes(
      'saturation of hidden 1, hidden 2, output is not measured: linear neurons have no largest rate',
    ),
  );
});

test('neurons with dendrites: rates in spikes/ms, saturation by the largest of them', async () => {
  const network = { activation: 'sigmoid', loss: 'squared-error', outputActivation: 'sigmoid' } as const;
  const options = { neurons: 'rate' };
  const seen = await look(findRule('segregated-dendrite'), {
    network,
    options,
    set: (values) => values('weights 1').set(values('weights 1').map((w) => 60 * w)),
  });
  // Steady potentials g_b / (g_l + g_b) = 0.6 / 0.7 of the current, rates 0.2 sigma(V); inputs fire at 0.2 x.
  let rates = INPUT.map((row) => row.map((x) => 0.2 * x));
  const all = seen.weights.map((w, l) => {
    const current = combine(multiply(rates, w), [seen.biases[l]!], (x, b) => x + b);
    rates = current.map((row) => row.map((v) => 0.2 * sigma((0.6 / 0.7) * v)));
    return rates;
  });
  const [one, two, out] = all as [Matrix, Matrix, Matrix];
  expectNear(seen.measured.activity, { 'hidden 1': mean(one), 'hidden 2': mean(two), output: mean(out) });
  const shares = all.map((r) => shareOf(r, (x) => x < 0.01 || x > 0.19));
  assert.ok(shares[0]! > 0 && shares[0]! < 1);
  expectNear(seen.measured.saturation, {
    'hidden 1': shares[0]!,
    'hidden 2': shares[1]!,
    output: shares[2]!,
  });
});

const ENERGY: Partial<NetworkSettings> = {
  activation: 'sigmoid',
  loss: 'squared-error',
  outputActivation: 'sigmoid',
};
const SETTLED = { freeIterations: 150, nudgedIterations: 150, persistent: false, variant: 'positive' };

test('energy and activity of a network that has settled', async () => {
  const seen = await look(findRule('equilibrium-propagation'), { network: ENERGY, options: SETTLED });
  const hand = { weights: seen.weights, biases: seen.biases, rho: sigma };
  const settled = INPUT.map((x) => {
    let s: HandState = [5, 4, 3].map((size) => new Array<number>(size).fill(0));
    for (let i = 0; i < 60; i++) s = handStep(hand, x, s, 0.5);
    return s;
  });
  const energies = settled.map((s, i) => handEnergy(hand, INPUT[i]!, s));
  expectNear(seen.measured.energy, { network: mean([energies]) });
  const activity = (l: number) => mean(settled.map((s) => s[l]!.map(sigma)));
  expectNear(seen.measured.activity, {
    'hidden 1': activity(0),
    'hidden 2': activity(1),
    output: activity(2),
  });
});

test('the direction of a network that settles is compared with the gradient of its own cost', async () => {
  const rule = findRule('equilibrium-propagation');
  const symmetric = { ...SETTLED, variant: 'centred', beta: 0.02 };
  const close = await look(rule, { network: ENERGY, options: symmetric });
  expectNear(close.measured.angle, { [FIRST]: 0, [SECOND]: 0, [THIRD]: 0 }, DEGREES);
  expectNear(close.measured['norm-ratio'], { [FIRST]: 1, [SECOND]: 1, [THIRD]: 1 });
  // The one-sided estimate is off by O(beta): half of beta, about half of the angle and of the difference in norm.
  const errors = async (beta: number) => {
    const { measured } = await look(rule, { network: ENERGY, options: { ...SETTLED, beta } });
    return [FIRST, SECOND, THIRD].flatMap((name) => [
      measured.angle![name]!,
      Math.abs(1 - measured['norm-ratio']![name]!),
    ]);
  };
  const [coarse, fine] = [await errors(0.2), await errors(0.1)];
  for (const [i, error] of coarse.entries()) {
    assert.ok(error > 0.01, `${error}`);
    assert.ok(error / fine[i]! > 1.7 && error / fine[i]! < 2.3, `${error} and ${fine[i]}`);
  }
});

/** A network that is layered inside, which the diagnostics cannot know. */
const FOREIGN: NetworkKind<Network, void> = {
  name: 'foreign',
  description: 'A kind of its own.',
  build(kernels, seed, settings) {
    const { populations, connections } = new LayeredNetwork(kernels, seed, settings);
    return { populations, connections, loss: (output) => output };
  },
};

/** A rule for a network that the diagnostics know nothing of. */
const foreign = (observe?: (batch: Minibatch, context: RuleContext<OptionTable, Network>) => Observation) =>
  defineRule({
    name: 'foreign',
    title: 'Foreign',
    source: 'none',
    summary: 'none',
    network: FOREIGN,
    options: {} as OptionTable,
    build: (context) => ({
      learn: ({ target }) => ({ output: target, directions: [] }),
      ...(observe && { observe: (batch: Minibatch) => observe(batch, context) }),
    }),
  });

test('a rule that gives its own gradient is compared with that, where it gives one', async () => {
  const { measured, notes, weights } = await look(
    foreign(({ input }, { kernels: k, network: { connections } }) => {
      const [first, second, third] = connections as [Connection, Connection, Connection];
      const post = k.matmul(input, first.weights);
      const ones = (of: Connection) => k.constant(1, input.rows, of.from.size);
      const along = (connection: Connection, pre: Tensor, scale: number) => ({
        connection,
        products: [{ pre, post, scale }],
      });
      return {
        directions: [along(first, ones(first), 2), along(third, ones(third), 1)],
        gradient: [along(first, input, 1), along(second, ones(second), 1)],
      };
    }),
  );
  const post = multiply(INPUT, weights[0]!);
  const taken = multiply(transpose(INPUT.map((row) => row.map(() => 2))), post);
  const exact = multiply(transpose(INPUT), post);
  expectNear(measured.angle, { [FIRST]: angleOf(taken, exact) }, DEGREES);
  expectNear(measured['norm-ratio'], { [FIRST]: norm(taken) / norm(exact) });
  for (const name of ['angle', 'norm-ratio']) {
    assert.ok(notes.includes(`${name} of ${SECOND} is not measured: the rule gives no direction there`));
    assert.ok(
      notes.includes(`${name} of ${THIRD} is not measured: the rule does not give the gradient there`),
    );
  }
});

test('what a foreign network does not tell is not measured, with the reason', async () => {
  const { measured, notes } = await look(foreign());
  assert.equal(Object.keys(measured), ['weight-norms']);
  const kind = "the rule trains a network of the kind 'foreign' and does not";
  assert.equal(notes, [
    `angle is not measured: ${kind} give its gradient`,
    `norm-ratio is not measured: ${kind} give its gradient`,
    'feedback-angle is not measured: the rule keeps no feedback weights besides the forward ones',
    `activity is not measured: ${kind} say what its neurons did`,
    `saturation is not measured: ${kind} say what its neurons did`,
    'energy is not measured: the network has no energy function',
    'step-gradient is not measured: the rule has no nudged phase in steps whose derivatives are known',
  ]);
});

test('what is not defined for a while is null', async () => {
  const { measured } = await look(findRule('feedback-alignment'), {
    set: (values) => values('feedback from hidden 2 to hidden 1').fill(0),
  });
  assert.is(measured.angle![FIRST], null);
  assert.is(measured['norm-ratio']![FIRST], 0);
  assert.is(measured['feedback-angle']!['feedback from hidden 2 to hidden 1'], null);
  const silent = await look(findRule('backprop'), { set: (values) => values('weights 3').fill(0) });
  assert.is(silent.measured['norm-ratio']![FIRST], null);
});

test.run();
