import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { tinyTask } from '../../experiments/tiny-task.ts';
import { type Kernels, RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import {
  CompartmentalNetwork,
  GUERGUIEV_2017,
  LayeredNetwork,
  type NetworkSettings,
  type PhaseMeans,
} from '../../networks/index.ts';
import { type Direction, findRule, Optimizer, weightMatrix } from '../../rules/index.ts';
import { angleBetween, buildRule, float64, networkSettings, runOnce } from '../support.ts';
import { type Matrix, matrix, multiply, transpose } from './by-hand.ts';

const RULE = findRule('segregated-dendrite');
const IMAGE = [1, 0.5, 0, 0.25, 0.75, 1];
const P = { hidden: 100, output: 500 };
const MOST = 0.2;
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
  /** Changes states before the lesson. */
  set?: (k: Kernels, values: (t: Tensor) => Float64Array) => void;
  probe?: boolean;
  lessons?: number;
}

/** What the rule makes of one image of class 1, on the float64 device. */
async function lesson({ given = {}, layers = [6, 5, 4, 3], set, probe = false, lessons = 1 }: Settings = {}) {
  const { device, k } = float64();
  const network = new LayeredNetwork(k, 3, options({ layers }));
  const rule = buildRule(RULE, network, k, given);
  const input = k.state('image', 1, 6, Float32Array.from(IMAGE));
  const target = k.state('label', 1, 3, Float32Array.of(0, 1, 0));
  const read = (t: Tensor) => device.values(t);
  set?.(k, read);
  const output = k.state('output', 1, 3);
  const keep = (what: string) =>
    network.connections.map((c) => k.state(`${what} ${c.name}`, c.weights.rows, c.weights.columns));
  const [own, exact] = [keep('own'), keep('exact')];
  await runOnce(
    k,
    () => {
      const { output: y, directions, gradient } = rule.learn({ input, target, ...(probe && { probe }) });
      k.mapInto(output, (x) => x, y);
      const copy = (into: Tensor[], from: readonly Direction[]) => {
        for (const [l, d] of from.entries()) k.mapInto(into[l]!, (x) => x, weightMatrix(k, d));
      };
      copy(own, directions);
      if (gradient) copy(exact, gradient);
    },
    lessons,
  );
  const matrices = (tensors: Tensor[]) => tensors.map((t) => matrix(read(t), t.columns));
  return {
    k,
    read,
    output: [...read(output)],
    own: matrices(own),
    exact: matrices(exact),
    weights: matrices(network.connections.map(({ weights }) => weights)),
    biases: network.connections.map(({ bias }) => [...read(bias!)]),
    feedback: network.connections
      .slice(0, -1)
      .map(({ to }) => k.states.get(`feedback to ${to.name}`))
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
  const { own, weights, biases } = await lesson({ given: { neurons: 'rate' } });
  const { taught } = steady(weights, biases);
  const wanted = differences(weights, biases, taught, 2).map((row) => row.map((g) => P.output * g));
  close(own[2]!, wanted, 'output update', 1e-5);
});

test('without spikes, the gradient given to diagnostics is that of the same loss', async () => {
  const { exact, weights, biases } = await lesson({ given: { neurons: 'rate' }, probe: true });
  const { taught } = steady(weights, biases);
  for (const l of [0, 1, 2]) {
    const scale = l === 2 ? P.output : P.hidden;
    const wanted = differences(weights, biases, taught, l).map((row) => row.map((g) => scale * g));
    close(exact[l]!, wanted, `gradient ${l}`, 1e-5);
  }
});

test('without spikes, the hidden updates are eq. 33 and 35', async () => {
  const { own, weights, biases, feedback } = await lesson({ given: { neurons: 'rate' } });
  const { potentials, rates, taught } = steady(weights, biases);
  for (const l of [0, 1]) {
    const plateau = (signal: number[]) => multiply([signal], transpose(feedback[l]!))[0]!.map(sigma);
    const [before, after] = [plateau(rates.at(-1)!), plateau(taught)];
    const error = potentials[l]!.map((v, j) => (-0.6 / 0.7) * MOST * (after[j]! - before[j]!) * slope(v));
    const wanted = rates[l]!.map((rate) => error.map((e) => P.hidden * e * rate));
    close(own[l]!, wanted, `hidden update ${l + 1}`);
  }
});

/** The two phases again, from the same random numbers, with everything averaged that there is. */
async function phasesAgain(apical = 0): Promise<{ forward: Means; taught: Means }> {
  const { device, k } = float64();
  const layered = new LayeredNetwork(k, 3, options());
  const network = new CompartmentalNetwork(k, layered, {
    constants: { ...GUERGUIEV_2017, apical },
    neurons: 'spiking',
    feedback: 'spikes',
    window: 20,
  });
  const feedback = await lesson();
  const weights = feedback.feedback.map((y, l) =>
    k.state(`Y ${l}`, y!.length, 3, Float32Array.from(y!.flat())),
  );
  const input = k.state('image', 1, 6, Float32Array.from(IMAGE));
  const target = k.state('label', 1, 3, Float32Array.of(0, 1, 0));
  const kept: [Means, Means] = [empty(), empty()];
  const states: [Tensor, number[]][] = [];
  await runOnce(k, () => {
    const shown = network.present(input, weights, network.memory(1, 'again'));
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

test('with spikes, updates take potentials and synapses of the forward phase, and plateaus of both', async () => {
  const { own, output } = await lesson({ given: { phases: 'fixed' } });
  const { forward, taught } = await phasesAgain();
  const outer = (pre: number[], post: number[], scale: number): Matrix =>
    pre.map((x) => post.map((e) => scale * x * e));
  for (const l of [0, 1]) {
    const error = forward.soma[l]!.map(
      (v, j) =>
        (-0.6 / 0.7) * MOST * (sigma(taught.apical[l]![j]!) - sigma(forward.apical[l]![j]!)) * slope(v),
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
  for (const [name, t] of k.states) if (name.startsWith('feedback to')) values(t).fill(0);
};

test('plateaus that do not change teach hidden neurons nothing', async () => {
  const { own } = await lesson({ set: withoutFeedback });
  for (const l of [0, 1]) assert.ok(own[l]!.flat().every((x) => x === 0));
  assert.ok(own[2]!.flat().some((x) => x !== 0));
});

test('the forward activity does not depend on feedback, unless apical dendrites reach the soma', async () => {
  const [own, none] = [await lesson(), await lesson({ set: withoutFeedback })];
  assert.equal(own.output, none.output);
  assert.equal(own.own[2], none.own[2]);
  const given = { apicalConductance: 0.6 };
  const [open, cut] = [await lesson({ given }), await lesson({ given, set: withoutFeedback })];
  assert.not.equal(open.output, cut.output);
});

test('a second image finds the neurons as the first left them; a probe starts at rest and changes nothing', async () => {
  const [once, twice] = [await lesson(), await lesson({ lessons: 2 })];
  const somata = (of: Awaited<ReturnType<typeof lesson>>) =>
    [...of.k.states].filter(([name]) => name.startsWith('neurons of 1: ')).map(([, t]) => [...of.read(t)]);
  assert.ok(
    somata(once)
      .flat()
      .some((v) => v !== 0),
  );
  assert.not.equal(somata(once), somata(twice));
  const looked = await lesson({ probe: true });
  assert.is(somata(looked).length, 0);
});

test('sparse feedback keeps a fifth of the weights, five times as large; symmetric feedback is the forward path', async () => {
  const layers = [6, 400, 3];
  const [dense, sparse] = [
    (await lesson({ layers })).feedback[0]!.flat(),
    (await lesson({ layers, given: { feedbackWeights: 'sparse' } })).feedback[0]!.flat(),
  ];
  const kept = sparse.filter((y) => y !== 0).length / sparse.length;
  assert.ok(Math.abs(kept - 0.2) < 5 * Math.sqrt((0.2 * 0.8) / sparse.length), `${kept}`);
  for (const [i, y] of sparse.entries()) if (y !== 0) assert.ok(Math.abs(y - 5 * dense[i]!) < 1e-5);
  const given = { neurons: 'rate', feedbackWeights: 'symmetric' };
  const { own, weights, biases, feedback } = await lesson({ given });
  assert.equal(feedback, [undefined, undefined]);
  const { potentials, rates, taught } = steady(weights, biases);
  const paths = [multiply(weights[1]!, weights[2]!), weights[2]!];
  for (const l of [0, 1]) {
    const plateau = (signal: number[]) => multiply([signal], transpose(paths[l]!))[0]!.map(sigma);
    const [before, after] = [plateau(rates.at(-1)!), plateau(taught)];
    const error = potentials[l]!.map((v, j) => (-0.6 / 0.7) * MOST * (after[j]! - before[j]!) * slope(v));
    close(
      own[l]!,
      rates[l]!.map((rate) => error.map((e) => P.hidden * e * rate)),
      `symmetric ${l + 1}`,
    );
  }
  const noisy = await lesson({ given: { ...given, feedbackWeights: 'noisy-symmetric' } });
  assert.not.equal(noisy.own[0], own[0]);
  assert.equal(noisy.own[2], own[2]);
});

test('published learning rates by depth', () => {
  const rates = (layers: number[]) => RULE.recipe!(layers).learningRate;
  assert.equal(rates([784, 10]), [0.19]);
  assert.equal(rates([784, 500, 10]), [0.21, 0.21]);
  assert.equal(rates([784, 500, 100, 10]), [0.23, 0.23, 0.12]);
});

test('settings that mean nothing to the rule are refused', () => {
  const build = (given: Partial<NetworkSettings>, set: Record<string, unknown> = {}) => {
    const { k } = float64();
    return () => buildRule(RULE, new LayeredNetwork(k, 1, options(given)), k, set);
  };
  const says = (text: RegExp) => (error: Error) => error instanceof UserError && text.test(error.message);
  assert.throws(build({ activation: 'tanh' }), says(/sigmoid rates: leave out the settings activation/));
  assert.throws(build({}, { testTime: 20 }), says(/'testTime' .* must be a whole number above 30/));
});

test('the angle to the gradient falls far below 90 degrees while the rule learns', async () => {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const { Kernels: K } = await import('../../kernels/index.ts');
  const k = new K(device, 1);
  const data = tinyTask().train;
  const network = new LayeredNetwork(k, 1, options({ layers: [36, 60, 4] }));
  const rule = buildRule(RULE, network, k);
  const optimizer = new Optimizer(
    k,
    network.connections,
    { optimizer: 'sgd', learningRate: [0.21], momentum: 0, weightDecay: 0, schedule: 'constant' },
    1,
  );
  const show = (batch: number) => ({
    input: k.gather(data.images, batch),
    target: k.gather(data.labels, batch),
  });
  const train = await k.trace('train', () => optimizer.apply(rule.learn(show(1)).directions));
  const [taken, exact] = [k.state('taken', 36, 60), k.state('exact', 36, 60)];
  const look = await k.trace('look', () => {
    const { directions, gradient } = rule.learn({ ...show(200), probe: true });
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
