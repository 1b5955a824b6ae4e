import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Kernels, Tensor } from '../../kernels/index.ts';
import type { MicrocircuitNetwork } from '../../networks/index.ts';
import { biasVector, findRule, Optimizer, weightMatrix } from '../../rules/index.ts';
import { atRest, type ByHandChange, byHand, stepByHand } from '../networks/microcircuit-by-hand.ts';
import {
  angleBetween,
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';
import { transposeInto } from './learned.ts';

const RULE = findRule('dendritic-microcircuit');
const SETTINGS = networkSettings({
  layers: [5, 6, 4, 3],
  activation: 'sigmoid',
  loss: 'squared-error',
  outputActivation: 'sigmoid',
  initial: 'glorot-uniform',
});
const WEAK = { teachingConductance: 1e-3, apicalConductance: 1e-3 };

type Set = (parts: { k: Kernels; network: MicrocircuitNetwork; values: (t: Tensor) => Float64Array }) => void;

/** Directions of a minibatch, and the gradient beside them, by the connection's name. */
async function observed(options: Record<string, unknown>, set?: Set) {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 6, 5), oneHotState(k, 6, 3)];
  set?.({ k, network, values: (t) => device.values(t) });
  const own = new Map<string, Tensor>();
  const exact = new Map<string, Tensor>();
  await runOnce(k, () => {
    const { directions, gradient } = rule.observe!({ input, target });
    for (const [kept, list] of [
      [own, directions],
      [exact, gradient!],
    ] as const)
      for (const direction of list) {
        const { name, weights } = direction.connection;
        const state = k.state(`${kept === own ? 'own' : 'exact'} ${name}`, weights.rows, weights.columns);
        k.mapInto(state, (x) => x, weightMatrix(k, direction));
        kept.set(name, state);
      }
  });
  const read = (kept: Map<string, Tensor>) => new Map([...kept].map(([name, t]) => [name, device.values(t)]));
  return { network, own: read(own), exact: read(exact) };
}

const size = (values: Float64Array) => Math.hypot(...values);

test('with weak teaching and the forward weights as feedback, directions are those of backpropagation', async () => {
  const { network, own, exact } = await observed(WEAK, ({ network, values }) => {
    for (const [h, { excitation, feedback, inhibition }] of network.circuits.entries()) {
      const { weights } = network.connections[h + 1]!;
      transposeInto(values(feedback.connection.weights), values(weights), weights.rows, weights.columns);
      values(inhibition.weights).set(values(feedback.connection.weights).map((w) => -w));
      // In float64: the rounding of the initial weights is as large as so weak an error.
      const ratio = network.attenuation(h + 2) / (1 / 1.1);
      values(excitation.weights).set(values(weights).map((w) => ratio * w));
    }
  });
  const ratios = network.connections.map(({ name }) => {
    const angle = angleBetween(own.get(name)!, exact.get(name)!);
    assert.ok(angle < 0.1, `${name}: ${angle} degrees`);
    return size(own.get(name)!) / size(exact.get(name)!);
  });
  // Each layer down the error is weaker by the mixing factor of the apical dendrite and that of the interneurons.
  const [g_l, g_B, g_A, g_som] = [0.1, 1, 1e-3, 1e-3];
  const apical = g_A / (g_l + g_B + g_A);
  const interneurons = 1 - g_som / (g_l + 1 + g_som);
  const a = (l: number) => g_B / (g_l + g_B + (l < 3 ? g_A : 0));
  // Directions leave out the attenuation of basal potentials, which the gradient has.
  const expected = [1, 2, 3].map((l) => {
    let ratio = 1 / a(l);
    for (let above = l + 1; above <= 3; above++) ratio *= (apical * interneurons) / a(above);
    return ratio;
  });
  for (const [l, ratio] of ratios.entries())
    assert.ok(Math.abs(ratio / expected[l]! - 1) < 1e-2, `${l + 1}: ${ratio} and ${expected[l]}`);
});

test('without a teacher no synapse learns in the self-predicting state', async () => {
  const taught = await observed({});
  const untaught = await observed({ teachingConductance: 1e-9 });
  for (const [name, values] of untaught.own) {
    assert.ok(size(values) < 1e-6, `${name}: ${size(values)}`);
    assert.ok(size(taught.own.get(name)!) > 1e-4, name);
  }
});

test('interneurons learn to follow the taught layer above', async () => {
  const { device, k } = float64();
  const options = { interneurons: 'random', teachingConductance: 0.5 };
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 1, 5), oneHotState(k, 1, 3)];
  const { excitation } = network.circuits[1]!;
  const optimizer = new Optimizer(
    k,
    network.connections,
    { optimizer: 'sgd', learningRate: [0.1], momentum: 0, weightDecay: 0, schedule: 'constant' },
    () => 3000,
  );
  const distance = k.state('distance', 1, 3);
  const executable = await k.trace('interneurons learn', () => {
    const { directions } = rule.learn({ input, target });
    const activity = network.predict(input);
    const output = network.teachOutput(activity[3]!.potential, target);
    const { interneuronPrediction } = network.teachHidden(2, activity[2]!, output);
    const squares = k.map((a, b) => (a - b) * (a - b), interneuronPrediction, output);
    k.sum(squares, { over: 'rows', into: distance });
    optimizer.apply(directions.filter(({ connection }) => connection === excitation));
  });
  const after = async (steps: number) => {
    await executable.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    return device.values(distance).reduce((sum, x) => sum + x, 0);
  };
  const [before, later] = [await after(1), await after(3000)];
  assert.ok(later < before / 10, `${before} to ${later}`);
});

test('eq. 9 and 10: apical dendrites and top-down synapses learn from the taught sweep', async () => {
  const { device, k } = float64();
  const options = { interneurons: 'random', inhibitionRate: 2, feedbackRate: 3 };
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 1, 5), oneHotState(k, 1, 3)];
  const { inhibition, feedback } = network.circuits[1]!;
  const seen = { v: [1, 4], u: [1, 4], uI: [1, 3], above: [1, 3] } as const;
  const kept = Object.fromEntries(
    Object.entries(seen).map(([name, [rows, columns]]) => [name, k.state(name, rows, columns)]),
  );
  const learned = [k.state('ΔW_PI', 3, 4), k.state('ΔW_down', 3, 4)] as const;
  const rates: (number | undefined)[] = [];
  await runOnce(k, () => {
    const activity = network.predict(input);
    const above = network.teachOutput(activity[3]!.potential, target);
    const { apical, soma, interneuronSoma } = network.teachHidden(2, activity[2]!, above);
    for (const [name, tensor] of Object.entries({ v: apical, u: soma, uI: interneuronSoma, above }))
      k.mapInto(kept[name]!, (x) => x, tensor);
    const { directions } = rule.learn({ input, target });
    for (const [i, connection] of [inhibition, feedback.connection].entries()) {
      const direction = directions.find((own) => own.connection === connection)!;
      rates.push(direction.relativeRate);
      k.mapInto(learned[i]!, (x) => x, weightMatrix(k, direction));
    }
  });
  assert.equal(rates, [2, 3]);
  const phi = (u: number) => 1 / (1 + Math.exp(-u));
  const [v, u, uI, above] = ['v', 'u', 'uI', 'above'].map((name) => device.values(kept[name]!));
  const down = device.values(feedback.connection.weights);
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 4; j++) {
      const expected = [0, 1, 2].reduce((sum, n) => sum + phi(above![n]!) * down[n * 4 + j]!, 0);
      const wanted = [phi(uI![i]!) * v![j]!, phi(above![i]!) * (phi(expected) - phi(u![j]!))];
      for (const [n, value] of wanted.entries())
        assert.ok(Math.abs(device.values(learned[n]!)[i * 4 + j]! - value) < 1e-12, `${n}: ${i}, ${j}`);
    }
});

test('random interneurons learn the self-predicting state by eq. 8 and 9', async () => {
  const { device, k } = float64();
  // Almost nobody teaches: what is left in apical dendrites is what interneurons do not cancel.
  const options = { interneurons: 'random', inhibitionRate: 1, interneuronRate: 1, apicalConductance: 0.1 };
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const images = 6;
  const input = normalState(k, 'input', images, 5);
  const apical = k.state('apical', 1, 1);
  const optimizer = new Optimizer(
    k,
    network.connections,
    { optimizer: 'sgd', learningRate: [1], momentum: 0, weightDecay: 0, schedule: 'constant' },
    () => 3000,
  );
  const executable = await k.trace('self-prediction', () => {
    // Outputs are taught what they say already.
    const [, , hidden, output] = network.predict(input);
    const target = k.map((r) => (r - 0.1) / 0.7, output!.rate);
    const { directions } = rule.learn({ input, target });
    const { apical: left } = network.teachHidden(2, hidden!, output!.potential);
    k.mapInto(apical, (x) => x, k.dot(left, left));
    const learns = network.circuits.flatMap(({ excitation, inhibition }) => [excitation, inhibition]);
    optimizer.apply(directions.filter(({ connection }) => learns.includes(connection)));
  });
  const after = async (steps: number) => {
    await executable.run({ steps, firstStep: 0, rows: new Uint32Array(0) });
    return device.values(apical)[0]!;
  };
  const [before, later] = [await after(1), await after(3000)];
  assert.ok(later < before / 100, `${before} to ${later}`);
});

test('a threshold learns like a synapse with a presynaptic rate of 1', async () => {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, {}, 3);
  const rule = buildRule(RULE, network, k);
  const input = k.state('ones', 2, 5, new Float32Array(10).fill(1));
  const target = oneHotState(k, 2, 3);
  const [weights, biases] = [k.state('kept weights', 5, 6), k.state('kept biases', 1, 6)];
  await runOnce(k, () => {
    const [first] = rule.learn({ input, target }).directions;
    k.mapInto(weights, (x) => x, weightMatrix(k, first!));
    k.mapInto(biases, (x) => x, biasVector(k, first!));
  });
  const w = device.values(weights);
  assert.equal([...w.slice(0, 6)], [...device.values(biases)]);
});

const IN_TIME = ['full', 'latent-equilibrium'] as const;

/** Directions of weights and biases of a minibatch of two, by the connection's name, and the weights that made them. */
async function learnedInTime(options: Record<string, unknown>) {
  const { device, k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, options, 3) as MicrocircuitNetwork;
  const rule = buildRule(RULE, network, k, options);
  const [input, target] = [normalState(k, 'input', 2, 5), oneHotState(k, 2, 3)];
  const kept = new Map<string, readonly [weights: Tensor, biases: Tensor]>();
  const answers = k.state('answers', 2, 3);
  await runOnce(k, () => {
    const { output, directions } = rule.learn({ input, target });
    k.mapInto(answers, (x, y) => x - y, output, rule.respond!(input).at(-1)!);
    for (const direction of directions) {
      const { name, weights } = direction.connection;
      const states = [
        k.state(`weights ${name}`, weights.rows, weights.columns),
        k.state(`biases ${name}`, 1, weights.columns),
      ] as const;
      k.mapInto(states[0], (x) => x, weightMatrix(k, direction));
      k.mapInto(states[1], (x) => x, biasVector(k, direction));
      kept.set(name, states);
    }
  });
  const values = (t: Tensor) => device.values(t);
  const directions = new Map([...kept].map(([name, states]) => [name, states.map(values)]));
  return {
    network,
    directions,
    circuit: byHand(network, values),
    input: values(input),
    answers: values(answers),
  };
}

for (const dynamics of IN_TIME)
  test(`${dynamics}: directions are the means of eq. 7 to 10 over the taught phase, written out in numbers`, async () => {
    const options = {
      ...{ dynamics, interneurons: 'random', timeStep: 0.3, untaughtTime: 0.9, taughtTime: 1.2 },
      ...{ inhibitionRate: 1, feedbackRate: 1 },
    };
    const { network, directions, circuit, input, answers } = await learnedInTime(options);
    assert.ok(size(answers) < 1e-12, 'a prediction is the output that is learned from');
    const sums = new Map<string, number[][]>();
    for (const example of [0, 1]) {
      const pixels = [...input.subarray(5 * example, 5 * example + 5)];
      const rates = [0, 1, 2].map((j) => (j === example ? 0.8 : 0.1));
      const aim = rates.map((rate) => Math.log(rate / (1 - rate)));
      let state = atRest(circuit);
      for (let step = 0; step < 7; step++) {
        const { after, change } = stepByHand(circuit, pixels, step < 3 ? null : aim, state);
        if (step >= 3) addChange(sums, network, change, 1 / (2 * 4));
        state = after;
      }
    }
    assert.is(sums.size, 9);
    for (const [name, wanted] of sums) {
      const [weights] = directions.get(name)!;
      for (const [i, value] of wanted.flat().entries())
        assert.ok(Math.abs(weights![i]! - value) < 1e-12, `${name}: ${weights![i]} and ${value}`);
      assert.ok(size(weights!) > 1e-4, name);
    }
  });

function addChange(
  sums: Map<string, number[][]>,
  { connections, circuits }: MicrocircuitNetwork,
  { up, interneurons, inhibition, down }: ByHandChange,
  share: number,
) {
  const add = ({ name }: { name: string }, change: number[][]) => {
    const before = sums.get(name) ?? change.map((row) => row.map(() => 0));
    sums.set(
      name,
      change.map((row, i) => row.map((x, j) => before[i]![j]! + share * x)),
    );
  };
  for (const [l, connection] of connections.entries()) add(connection, up[l]!);
  for (const [h, circuit] of circuits.entries()) {
    add(circuit.excitation, interneurons[h]!);
    add(circuit.inhibition, inhibition[h]!);
    add(circuit.feedback.connection, down[h]!);
  }
}

for (const dynamics of IN_TIME)
  test(`${dynamics}: without a teacher no synapse learns in the self-predicting state`, async () => {
    const time = { dynamics, timeStep: 0.5, untaughtTime: 40, taughtTime: 5 };
    const taught = await observed(time);
    const untaught = await observed({ ...time, teachingConductance: 1e-9 });
    for (const [name, values] of untaught.own) {
      assert.ok(size(values) < 1e-6, `${name}: ${size(values)}`);
      assert.ok(size(taught.own.get(name)!) > 1e-4, name);
    }
  });

test('latent equilibrium: where apical dendrites hardly reach the soma, errors are those of the two sweeps, each layer down a step later', async () => {
  const weak = { apicalConductance: 1e-3 };
  const steady = await observed(weak);
  const steps = 8;
  const time = { dynamics: 'latent-equilibrium', taughtTime: 0.1 * steps };
  const inTime = await observed({ ...weak, ...time });
  for (const [l, { name }] of steady.network.connections.entries()) {
    const share = (steps - (2 - l)) / steps;
    const [swept, mean] = [steady.own.get(name)!, inTime.own.get(name)!];
    for (const [i, value] of swept.entries())
      assert.ok(Math.abs(mean[i]! - share * value) < 1e-2 * size(swept), name);
  }
});

for (const dynamics of IN_TIME)
  test(`${dynamics}: after a long taught phase directions are nearly those of the two sweeps`, async () => {
    const weak = { apicalConductance: 1e-3 };
    const steady = await observed(weak);
    const time = { dynamics, timeStep: 0.5, untaughtTime: 20, taughtTime: 100 };
    const inTime = await observed({ ...weak, ...time });
    for (const [name, swept] of steady.own) {
      const mean = inTime.own.get(name)!;
      assert.ok(angleBetween(mean, swept) < 1, `${name}: ${angleBetween(mean, swept)} degrees`);
      assert.ok(Math.abs(size(mean) / size(swept) - 1) < 0.05, `${name}: ${size(mean) / size(swept)}`);
    }
  });

for (const dynamics of IN_TIME)
  test(`${dynamics}: a network that had the time has settled, and one that had not says so`, async () => {
    const residual = async (untaughtTime: number) => {
      const { device, k } = float64();
      const options = { dynamics, untaughtTime, interneurons: 'random' };
      const network = buildNetwork(RULE, k, SETTINGS, options, 3);
      const rule = buildRule(RULE, network, k, options);
      const input = normalState(k, 'input', 2, 5);
      const states = [k.state('residual', 2, 6), k.state('difference', 2, 6)] as const;
      await runOnce(k, () => {
        const { firingRates, residuals } = rule.settle!(input);
        k.mapInto(states[0], (x) => x, residuals[0]!);
        k.mapInto(states[1], (a, b) => a - b, firingRates[0]!, rule.respond!(input)[0]!);
      });
      assert.is(size(device.values(states[1])), 0);
      return size(device.values(states[0]));
    };
    assert.ok((await residual(30)) < 1e-8);
    assert.ok((await residual(0.1)) > 1e-3);
  });

test('steady potentials have nothing to settle', () => {
  const { k } = float64();
  const network = buildNetwork(RULE, k, SETTINGS, {}, 3);
  assert.is(buildRule(RULE, network, k).settle, undefined);
});

test.run();
