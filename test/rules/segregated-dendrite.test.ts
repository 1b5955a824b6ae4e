import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { type Kernels, RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import {
  type CompartmentalNetwork,
  type NetworkSettings,
  type PhaseMeans,
  Presentation,
} from '../../networks/index.ts';
import { type Direction, findRule, Optimizer, resolveOptions, weightMatrix } from '../../rules/index.ts';
import { tinyDataset } from '../../training/index.ts';
import { angleBetween, buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';
import { type Matrix, matrix, multiply, transpose } from './by-hand.ts';

const RULE = findRule('segregated-dendrite');
const IMAGE = [1, 0.5, 0, 0.25, 0.75, 1];
const P = { hidden: 100, output: 500 };
const MOST = 0.2;
const SGD = { optimizer: 'sgd', momentum: 0, weightDecay: 0, schedule: 'constant' } as const;
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const slope = (x: number) => sigma(x) * (1 - sigma(x));

const options = (given: Partial<NetworkSettings> = {}) =>
  networkSettings({
    layers: [6, 5, 4, 3],
    activation: 'sigmoid',
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    initial: 'segregated-dendrite',
    ...given,
  });

interface Settings {
  given?: Record<string, unknown>;
  layers?: number[];
  /** Changes states before the rule learns. */
  set?: (k: Kernels, values: (t: Tensor) => Float64Array) => void;
  /** The rule observes, and does not learn. */
  observed?: boolean;
  minibatches?: number;
}

/** What the rule makes of one image of class 1, on the float64 device. */
async function outputOf({
  given = {},
  layers = [6, 5, 4, 3],
  set,
  observed = false,
  minibatches = 1,
}: Settings = {}) {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, options({ layers }), given, 3) as CompartmentalNetwork;
  const rule = buildRule(RULE, network, k, given);
  const input = k.state('image', 1, 6, Float32Array.from(IMAGE));
  const target = k.state('label', 1, 3, Float32Array.of(0, 1, 0));
  const read = (t: Tensor) => device.values(t);
  set?.(k, read);
  const output = k.state('output', 1, 3);
  const keep = (what: string) =>
    network.connections.map((c) => k.state(`${what} ${c.name}`, c.weights.rows, c.weights.columns));
  const [own, exact] = [keep('own'), keep('exact')];
  const firingRates = network.connections.map(({ to }) => k.state(`rates of ${to.name}`, 1, to.size));
  const copy = (into: Tensor[], from: readonly Direction[]) => {
    for (const [l, d] of from.entries()) k.mapInto(into[l]!, (x) => x, weightMatrix(k, d));
  };
  await runOnce(
    k,
    () => {
      if (observed) {
        const seen = rule.observe!({ input, target });
        copy(own, seen.directions);
        copy(exact, seen.gradient!);
        for (const [l, into] of firingRates.entries()) k.mapInto(into, (x) => x, seen.firingRates![l]!);
      } else {
        const { output: y, directions } = rule.learn({ input, target });
        k.mapInto(output, (x) => x, y);
        copy(own, directions);
      }
    },
    minibatches,
  );
  const matrices = (tensors: Tensor[]) => tensors.map((t) => matrix(read(t), t.columns));
  return {
    k,
    read,
    rule,
    network,
    output: [...read(output)],
    own: matrices(own),
    exact: matrices(exact),
    firingRates: firingRates.map((t) => [...read(t)]),
    weights: matrices(network.connections.map(({ weights }) => weights)),
    biases: network.connections.map(({ bias }) => [...read(bias!)]),
    /** Outputs x size of each hidden layer. */
    feedback: network.connections
      .slice(0, -1)
      .map(({ to }) => k.states.get(`feedback from output to ${to.name}`))
      .map((t) => t && matrix(read(t), t.columns)),
  };
}

function close(seen: Matrix, wanted: Matrix, what: string, relative = 1e-9) {
  const size = Math.max(...wanted.flat().map(Math.abs));
  assert.ok(size > 0, `${what}: nothing to compare`);
  for (const [i, row] of wanted.entries())
    for (const [j, value] of row.entries())
      assert.ok(
        Math.abs(seen[i]![j]! - value) <= relative * size,
        `${what}[${i}][${j}] is ${seen[i]![j]}, expected ${value}`,
      );
}

/** Steady potentials and rates of neurons without spikes, and the loss of eq. 23 with the factor 1/2. */
function steady(weights: Matrix[], biases: number[][]) {
  const gain = 0.6 / 0.7;
  const rates = [IMAGE.map((x) => MOST * x)];
  const potentials: number[][] = [];
  for (const [l, w] of weights.entries()) {
    const drive = multiply([rates[l]!], w)[0]!.map((x, j) => x + biases[l]![j]!);
    potentials.push(drive.map((x) => gain * x));
    rates.push(potentials[l]!.map((v) => MOST * sigma(v)));
  }
  const drive = potentials.at(-1)!.map((v) => v / gain);
  const taught = drive.map((x, j) => MOST * sigma((0.6 * x + (j === 1 ? 8 : -8)) / 1.7));
  return { potentials, rates, taught };
}

const lossOf = (weights: Matrix[], biases: number[][], taught: number[]) =>
  steady(weights, biases)
    .rates.at(-1)!
    .reduce((total, rate, j) => total + 0.5 * (taught[j]! - rate) ** 2, 0);

/** Central differences of the loss by every weight of a connection, with what the target phase did kept. */
function differences(weights: Matrix[], biases: number[][], taught: number[], l: number): Matrix {
  const step = 1e-5;
  return weights[l]!.map((row, i) =>
    row.map((_, j) => {
      const at = (change: number) =>
        lossOf(
          weights.map((w, m) =>
            m === l ? w.map((r, a) => r.map((x, b) => (a === i && b === j ? x + change : x))) : w,
          ),
          biases,
          taught,
        );
      return (at(step) - at(-step)) / (2 * step);
    }),
  );
}

test('without spikes, the output update is the gradient of eq. 23 / 2', async () => {
  const { own, weights, biases } = await outputOf({ given: { neurons: 'rate' } });
  const { taught } = steady(weights, biases);
  const wanted = differences(weights, biases, taught, 2).map((row) => row.map((g) => P.output * g));
  close(own[2]!, wanted, 'output update', 1e-5);
});

test('without spikes, the gradient given to diagnostics is that of the same loss', async () => {
  const { exact, weights, biases } = await outputOf({ given: { neurons: 'rate' }, observed: true });
  const { taught } = steady(weights, biases);
  for (const l of [0, 1, 2]) {
    const scale = l === 2 ? P.output : P.hidden;
    const wanted = differences(weights, biases, taught, l).map((row) => row.map((g) => scale * g));
    close(exact[l]!, wanted, `gradient ${l}`, 1e-5);
  }
});

test('without spikes, the hidden updates are eq. 33 and 35', async () => {
  const { own, weights, biases, feedback } = await outputOf({ given: { neurons: 'rate' } });
  const paths = feedback.map((y) => y!);
  for (const [l, wanted] of hiddenUpdates(weights, biases, paths).entries())
    close(own[l]!, wanted, `hidden update ${l + 1}`);
});

/** The two phases again, from the same random numbers, with everything averaged that there is. */
async function phasesAgain(given: Record<string, unknown>): Promise<{ forward: Means; taught: Means }> {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, options(), given, 3) as CompartmentalNetwork;
  const { feedback } = await outputOf();
  const weights = feedback.map((y, l) => k.state(`Y ${l}`, 3, y![0]!.length, Float32Array.from(y!.flat())));
  const input = k.state('image', 1, 6, Float32Array.from(IMAGE));
  const target = k.state('label', 1, 3, Float32Array.of(0, 1, 0));
  const kept: [Means, Means] = [empty(), empty()];
  const states: [Tensor, number[]][] = [];
  await runOnce(k, () => {
    const shown = new Presentation(network, input, weights);
    for (const [p, seen] of [shown.phase({ duration: 50 }), shown.phase({ duration: 50, target })].entries())
      for (const name of ['psp', 'soma', 'apical', 'outputRate'] as const)
        for (const t of [seen[name]].flat() as Tensor[]) {
          const state = k.state(`${p} ${name} ${states.length}`, 1, t.columns);
          k.mapInto(state, (x) => x, t);
          const values: number[] = [];
          states.push([state, values]);
          kept[p]![name].push(values);
        }
  });
  for (const [t, values] of states) values.push(...device.values(t));
  return { forward: kept[0], taught: kept[1] };
}

type Means = Record<keyof PhaseMeans, number[][]>;
const empty = (): Means => ({ psp: [], soma: [], apical: [], outputRate: [] });

for (const more of [
  {},
  { plateauTimes: 'random' },
  { taps: 40 },
  { feedback: 'rates' },
  { apicalConductance: 0.05 },
] as const)
  test(`with spikes, updates take potentials and synapses of the forward phase, and plateaus of both: ${JSON.stringify(more)}`, async () => {
    const given = { phases: 'fixed', ...more };
    const { own, output } = await outputOf({ given });
    const { forward, taught } = await phasesAgain(given);
    const outer = (pre: number[], post: number[], scale: number): Matrix =>
      pre.map((x) => post.map((e) => scale * x * e));
    const kB = 0.6 / (0.7 + ('apicalConductance' in more ? more.apicalConductance : 0));
    for (const l of [0, 1]) {
      const error = forward.soma[l]!.map(
        (v, j) => -kB * MOST * (sigma(taught.apical[l]![j]!) - sigma(forward.apical[l]![j]!)) * slope(v),
      );
      close(own[l]!, outer(forward.psp[l]!, error, P.hidden), `hidden update ${l + 1}`, 1e-6);
    }
    const error = forward.soma[2]!.map(
      (v, j) => (-0.6 / 0.7) * MOST * (taught.outputRate[0]![j]! - MOST * sigma(v)) * slope(v),
    );
    close(own[2]!, outer(forward.psp[2]!, error, P.output), 'output update', 1e-6);
    close([output], [forward.soma[2]!.map(sigma)], 'output', 1e-9);
  });

const withoutFeedback = (k: Kernels, values: (t: Tensor) => Float64Array) => {
  for (const [name, t] of k.states) if (name.startsWith('feedback from output')) values(t).fill(0);
};

test('plateaus that do not change teach hidden neurons nothing', async () => {
  const { own } = await outputOf({ set: withoutFeedback });
  for (const l of [0, 1]) assert.ok(own[l]!.flat().every((x) => x === 0));
  assert.ok(own[2]!.flat().some((x) => x !== 0));
});

test('the forward activity does not depend on feedback, unless apical dendrites reach the soma', async () => {
  const [own, none] = [await outputOf(), await outputOf({ set: withoutFeedback })];
  assert.equal(own.output, none.output);
  assert.equal(own.own[2], none.own[2]);
  const given = { apicalConductance: 0.6 };
  const [open, cut] = [await outputOf({ given }), await outputOf({ given, set: withoutFeedback })];
  assert.not.equal(open.output, cut.output);
});

const somata = ({ k, read }: Awaited<ReturnType<typeof outputOf>>) =>
  [...k.states].filter(([name]) => name.startsWith('neurons of 1: ')).map(([, t]) => [...read(t)]);

test('a second image finds the neurons as the first left them', async () => {
  const [once, twice] = [await outputOf(), await outputOf({ minibatches: 2 })];
  assert.ok(
    somata(once)
      .flat()
      .some((v) => v !== 0),
  );
  assert.not.equal(somata(once), somata(twice));
});

test('observing gives what learning gives to neurons at rest, and changes nothing', async () => {
  const [learned, observed] = [await outputOf(), await outputOf({ observed: true })];
  assert.equal(observed.own, learned.own);
  assert.equal(somata(observed), [], 'its neurons do not last');
  close([observed.firingRates.at(-1)!], [learned.output.map((y) => MOST * y)], 'firing rates');
});

test('responding gives the firing rates of every layer at the mean potentials of neurons at rest', async () => {
  for (const taps of [10, 60]) {
    const { device, k } = float64();
    const given = { testTime: 60, taps };
    const network = buildNetwork(RULE, k, options(), given, 3) as CompartmentalNetwork;
    const rule = buildRule(RULE, network, k, given);
    const input = k.state('image', 1, 6, Float32Array.from(IMAGE));
    const kept = [5, 4, 3].map((size, l) => [0, 1].map((i) => k.state(`rates ${l} ${i}`, 1, size)));
    const names = [...k.states.keys()];
    const trace = async (i: number, rates: () => readonly Tensor[]) => {
      await runOnce(k, () => {
        for (const [l, t] of rates().entries()) k.mapInto(kept[l]![i]!, (x) => x, t);
      });
    };
    await trace(0, () => rule.respond!(input));
    await trace(1, () => {
      const weights = network.connections
        .slice(0, -1)
        .map(({ to }) => k.states.get(`feedback from output to ${to.name}`)!);
      const phase = { duration: 60, window: 30, means: ['soma'] as const };
      const { soma } = new Presentation(network, input, weights).phase(phase);
      return soma.map((v) => k.map((x, most) => most / (1 + Math.exp(-x)), v, MOST));
    });
    for (const [seen, wanted] of kept)
      close([[...device.values(seen!)]], [[...device.values(wanted!)]], 'rates');
    assert.equal([...k.states.keys()], names, 'no neurons that last');
  }
});

test('feedback paths lead from the output down and are reported, unless they follow the forward weights', async () => {
  const { rule, network } = await outputOf();
  const { connections, populations } = network;
  assert.equal(
    rule.feedback!.map(({ connection, forward }) => [
      connection.from,
      connection.to,
      connection.weights.rows,
      forward,
    ]),
    [
      [populations[3], populations[1], 3, connections.slice(1)],
      [populations[3], populations[2], 3, connections.slice(2)],
    ],
  );
  assert.is((await outputOf({ given: { feedbackWeights: 'symmetric' } })).rule.feedback, undefined);
});

test('sparse feedback sets exactly 80 % of the weights to zero, rounded down, and the others are five times as large', async () => {
  const layers = [6, 401, 7, 3];
  const [dense, sparse] = [
    (await outputOf({ layers })).feedback,
    (await outputOf({ layers, given: { feedbackWeights: 'sparse' } })).feedback,
  ];
  const zeros = (y: Matrix) => y.flat().filter((w) => w === 0).length;
  // Of 1203 and 21 weights.
  assert.equal(
    sparse.map((y) => zeros(y!)),
    [962, 16],
  );
  for (const [l, y] of sparse.entries())
    for (const [i, w] of y!.flat().entries())
      if (w !== 0) assert.ok(Math.abs(w - 5 * dense[l]!.flat()[i]!) < 1e-5);
  const byOutput = sparse[0]!.map((row) => zeros([row]));
  for (const count of byOutput)
    assert.ok(Math.abs(count - 962 / 3) < 5 * Math.sqrt(401 * 0.16), `${byOutput}`);
});

/** The updates of hidden layers without spikes for feedback weights Y, outputs x size of each layer. */
function hiddenUpdates(weights: Matrix[], biases: number[][], feedback: Matrix[]): Matrix[] {
  const { potentials, rates, taught } = steady(weights, biases);
  return feedback.map((y, l) => {
    const plateau = (signal: number[]) => multiply([signal], y)[0]!.map(sigma);
    const [before, after] = [plateau(rates.at(-1)!), plateau(taught)];
    const error = potentials[l]!.map((v, j) => (-0.6 / 0.7) * MOST * (after[j]! - before[j]!) * slope(v));
    return rates[l]!.map((rate) => error.map((e) => P.hidden * e * rate));
  });
}

test('symmetric feedback is the forward path', async () => {
  const given = { neurons: 'rate', feedbackWeights: 'symmetric' };
  const { own, weights, biases, feedback } = await outputOf({ given });
  assert.equal(feedback, [undefined, undefined]);
  const paths = [multiply(weights[1]!, weights[2]!), weights[2]!].map(transpose);
  for (const [l, wanted] of hiddenUpdates(weights, biases, paths).entries())
    close(own[l]!, wanted, `symmetric ${l + 1}`);
});

test('noisy symmetric feedback has noise on every matrix, and layers share that of the matrices above them', async () => {
  const given = { neurons: 'rate', feedbackWeights: 'noisy-symmetric' };
  const { own, weights, biases, k, read } = await outputOf({ given });
  // The same numbers once more: drawn from the top for each matrix of a step.
  const noise = [k.state('noise 3', 4, 3), k.state('noise 2', 5, 4)];
  await runOnce(k, () => {
    for (const t of noise)
      k.mapInto(t, (z) => z, k.normal('noise on the feedback', t.rows, t.columns, 0, 0.05));
  });
  const noisy = (w: Matrix, t: Tensor) => {
    const z = matrix(read(t), t.columns);
    return w.map((row, i) => row.map((x, j) => x + z[i]![j]!));
  };
  const [top, middle] = [noisy(weights[2]!, noise[0]!), noisy(weights[1]!, noise[1]!)];
  const paths = [multiply(middle, top), top].map(transpose);
  for (const [l, wanted] of hiddenUpdates(weights, biases, paths).entries())
    close(own[l]!, wanted, `noisy ${l + 1}`);
});

test('options of the neurons reach the network', () => {
  const given = {
    taps: 60,
    apicalConductance: 0.05,
    teaching: 0.5,
    feedback: 'rates',
    plateauTimes: 'random',
  };
  const network = buildNetwork(RULE, float64().k, options(), given) as CompartmentalNetwork;
  assert.is(network.psp.columns, 60);
  assert.is(network.constants.apical, 0.05);
  assert.is(network.constants.teaching, 0.5);
  assert.is(network.options.feedback, 'rates');
  assert.is(network.options.plateauTimes, 'random');
  assert.is(network.options.neurons, 'spiking');
});

test('published learning rates by depth; the recipe of the earlier code has narrow weights', () => {
  const [published, narrow] = RULE.recipes!;
  const rates = (layers: number[]) => published!.settings(layers).learningRate;
  assert.is(published!.name, 'guerguiev-2017');
  assert.equal(rates([784, 10]), [0.19]);
  assert.equal(rates([784, 500, 10]), [0.21, 0.21]);
  assert.equal(rates([784, 500, 100, 10]), [0.23, 0.23, 0.12]);
  const layers = [784, 500, 10];
  assert.is(published!.settings(layers).initial, 'segregated-dendrite');
  assert.equal(narrow!.settings(layers), {
    ...published!.settings(layers),
    initial: 'segregated-dendrite-narrow',
    options: { feedbackWidth: 0.5 },
  });
});

test('settings that mean nothing to the rule are refused before anything starts', () => {
  const check = (given: Partial<NetworkSettings>, set: Record<string, unknown> = {}) => {
    const optimizer = { ...SGD, learningRate: [0.1] };
    return () => RULE.checkOptions!(resolveOptions(RULE, set), { ...options(given), ...optimizer });
  };
  const says = (text: RegExp) => (error: Error) => error instanceof UserError && text.test(error.message);
  assert.not.throws(check({}));
  assert.throws(check({ activation: 'tanh' }), says(/sigmoid rates: leave out the settings activation/));
  assert.throws(check({ loss: 'cross-entropy' }), says(/'segregated-dendrite'.* sigmoid rates/));
  assert.throws(check({}, { testTime: 30 }), says(/'testTime' .* must be a whole number, 31 or more/));
  assert.throws(check({}, { taps: 101 }), says(/'taps' .* must be a whole number from 2 to 100/));
  assert.throws(check({}, { taps: 1 }), says(/'taps' .* must be a whole number from 2 to 100/));
  assert.throws(
    check({}, { apicalConductance: -1 }),
    says(/'apicalConductance' .* must be a number, 0 or more/),
  );
  assert.throws(check({}, { feedbackWidth: 0 }), says(/'feedbackWidth' .* must be a number above 0/));
  assert.throws(check({}, { teaching: -1 }), says(/'teaching' .* must be a number, 0 or more/));
  assert.throws(check({}, { neurons: 'rate', apicalConductance: 0.05 }), says(/leave out apicalConductance/));
  assert.throws(check({}, { neurons: 'rate', plateauTimes: 'random' }), says(/leave out plateauTimes/));
  assert.throws(check({}, { teaching: 1.5 }), says(/teaching=1.5 makes spiking neurons unstable/));
  assert.is(RULE.needsClasses, true);
});

test('the angle to the gradient falls far below 90 degrees while the rule learns', async () => {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const { Kernels: K } = await import('../../kernels/index.ts');
  const k = new K(device, 1);
  const data = tinyDataset().train;
  const network = buildNetwork(RULE, k, options({ layers: [36, 60, 4] }));
  const rule = buildRule(RULE, network, k);
  const optimizer = new Optimizer(k, network.connections, { ...SGD, learningRate: [0.21] }, () => 1);
  const show = (batch: number) => ({
    input: k.gather(data.images, batch),
    target: k.gather(data.labels!, batch),
  });
  const train = await k.trace('train', () => optimizer.apply(rule.learn(show(1)).directions));
  const [taken, exact] = [k.state('taken', 36, 60), k.state('exact', 36, 60)];
  const look = await k.trace('look', () => {
    const { directions, gradient } = rule.observe!(show(200));
    k.mapInto(taken, (x) => x, weightMatrix(k, directions[0]!));
    k.mapInto(exact, (x) => x, weightMatrix(k, gradient![0]!));
  });
  const angle = async () => {
    await look.run({ steps: 1, firstStep: 0, rows: Uint32Array.from({ length: 200 }, (_, i) => i) });
    return angleBetween(await device.read(taken), await device.read(exact));
  };
  const before = await angle();
  const order = new RandomStream(1, 'order');
  const rows = Uint32Array.from({ length: 2400 }, () => order.integer(data.images.count));
  await train.run({ steps: rows.length, firstStep: 0, rows });
  const after = await angle();
  assert.ok(before > 75, `${before} before`);
  assert.ok(after < 70, `${after} after`);
  await device.dispose();
});

test.run();
