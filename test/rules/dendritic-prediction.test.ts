import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type TwoCompartmentNetwork, URBANCZIK_2014 } from '../../networks/index.ts';
import { findRule, Optimizer, resolveOptions } from '../../rules/index.ts';
import {
  angleBetween,
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
} from '../support.ts';
import { learnedOf } from './learned.ts';

const RULE = 'dendritic-prediction';
const OUTPUT = { loss: 'squared-error', outputActivation: 'sigmoid' } as const;
const NETWORK = { ...OUTPUT, layers: [5, 3] };
const { leak, dendritic, excitation, inhibition, k: K, beta, theta } = URBANCZIK_2014;
/** V* of V, and what nudges it to U. */
const SHARE = dendritic / (leak + dendritic);
const phi = (u: number) => 1 / (1 + K * Math.exp(beta * (theta - u)));
const size = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));

type Values = (state: string) => Float64Array;

/** V of neuron j for example e. */
const dendrite = (values: Values, e: number, j: number): number => {
  const [x, W, b] = [values('input'), values('weights 1'), values('bias 1')];
  let V = b[j]!;
  for (let i = 0; i < 5; i++) V += x[e * 5 + i]! * W[i * 3 + j]!;
  return V;
};
const nudged = (V: number, target: number, g: number): number =>
  (dendritic * V + g * (target ? excitation : inhibition)) / (leak + dendritic + g);

test('directions descend the mean of φ(V*) - φ(U) log φ(V*), with the firing φ(U) of the soma fixed', async () => {
  const g = 0.8;
  const { own, biases, values } = await learnedOf(RULE, {
    network: NETWORK,
    options: { teachingConductance: g },
    set: (values) => values('weights 1').set(values('weights 1').map((w) => 0.5 + w)),
  });
  const firing = Array.from({ length: 6 }, (_, e) =>
    [0, 1, 2].map((j) => phi(nudged(dendrite(values, e, j), values('target')[e * 3 + j]!, g))),
  );
  const cost = () => {
    let total = 0;
    for (let e = 0; e < 6; e++)
      for (let j = 0; j < 3; j++) {
        const rate = phi(SHARE * dendrite(values, e, j));
        total += rate - firing[e]![j]! * Math.log(rate);
      }
    return total / 6;
  };
  for (const [name, direction] of [
    ['weights 1', own[0]!],
    ['bias 1', biases[0]!],
  ] as const)
    for (const [i, value] of values(name).entries()) {
      const at = (x: number) => {
        values(name)[i] = x;
        return cost();
      };
      const slope = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5;
      values(name)[i] = value;
      // The rule leaves out the constant dV*/dV.
      assert.ok(
        Math.abs(direction[i]! - slope / SHARE) < 1e-8,
        `${name} ${i}: ${direction[i]} and ${slope / SHARE}`,
      );
    }
  assert.ok(size(own[0]!) > 0.1);
});

test('where the dendrite already predicts what the teacher would have the soma be, nothing learns', async () => {
  const { own, biases } = await learnedOf(RULE, {
    network: NETWORK,
    batch: 1,
    set: (values) => {
      values('weights 1').fill(0);
      const aim = [excitation, inhibition, inhibition];
      values('bias 1').set(aim.map((u) => u / SHARE));
      values('target').set([1, 0, 0]);
    },
  });
  assert.ok(size(own[0]!) < 1e-15 && size(biases[0]!) < 1e-15);
});

test('weak teaching teaches in proportion to its conductance, strong teaching by the distance from φ(E_E) and φ(E_I)', async () => {
  const directionFor = async (teachingConductance: number) =>
    (await learnedOf(RULE, { network: NETWORK, options: { teachingConductance } })).own[0]!;
  const [weak, weaker] = [await directionFor(1e-4), await directionFor(1e-5)];
  assert.ok(angleBetween(weak, weaker) < 0.01);
  assert.ok(Math.abs(size(weak) / size(weaker) - 10) < 0.01);
  const { own, values } = await learnedOf(RULE, { network: NETWORK, options: { teachingConductance: 1e9 } });
  for (let i = 0; i < 5; i++)
    for (let j = 0; j < 3; j++) {
      let expected = 0;
      for (let e = 0; e < 6; e++) {
        const rate = phi(SHARE * dendrite(values, e, j));
        const aim = phi(values('target')[e * 3 + j]! ? excitation : inhibition);
        expected -= ((aim - rate) * beta * (1 - rate) * values('input')[e * 5 + i]!) / 6;
      }
      assert.ok(Math.abs(own[0]![i * 3 + j]! - expected) < 1e-7);
    }
});

test('a synapse sees its presynaptic rate, its dendrite and its soma, and nothing of other neurons', async () => {
  const settings = { network: NETWORK, batch: 1 };
  const before = await learnedOf(RULE, settings);
  const other = await learnedOf(RULE, {
    ...settings,
    set: (values) => {
      // Another input, whose current biases undo, and another teacher of another neuron
      values('input')[2]! += 1;
      const W = values('weights 1');
      values('bias 1').set(values('bias 1').map((b, j) => b - W[2 * 3 + j]!));
      values('bias 1')[1]! += 0.5;
      values('target').set([1, 1, 0]);
    },
  });
  const moved = (i: number, j: number) => Math.abs(before.own[0]![i * 3 + j]! - other.own[0]![i * 3 + j]!);
  for (let i = 0; i < 5; i++)
    for (const j of [0, 2])
      assert.ok(i === 2 ? moved(i, j) > 1e-5 : moved(i, j) < 1e-14, `from ${i} to ${j}`);
  for (const i of [0, 1, 3, 4]) assert.ok(moved(i, 1) > 1e-3, 'its own neuron');
});

test('hidden layers keep their random weights', async () => {
  const { own } = await learnedOf(RULE, { network: { ...OUTPUT, layers: [5, 6, 4, 3] } });
  assert.equal(
    own.map((direction) => direction !== null),
    [false, false, true],
  );
});

test('learning takes the prediction of the dendrite to where the teacher nudges the soma', async () => {
  const { device, k } = float64();
  const definition = findRule(RULE);
  const network = buildNetwork(definition, k, networkSettings(NETWORK)) as TwoCompartmentNetwork;
  const rule = buildRule(definition, network, k);
  const [input, target] = [normalState(k, 'input', 1, 5), oneHotState(k, 1, 3)];
  const optimizer = new Optimizer(
    k,
    network.connections,
    { optimizer: 'sgd', learningRate: [0.01], momentum: 0, weightDecay: 0, schedule: 'constant' },
    () => 1,
  );
  const kept = k.state('kept', 1, 3);
  const step = await k.trace('step', () => {
    optimizer.apply(rule.learn({ input, target }).directions);
    k.mapInto(kept, (x) => x, network.predict(input).at(-1)!.rate);
  });
  const rates = async (firstStep: number, steps: number) => {
    await step.run({ steps, firstStep, rows: new Uint32Array(0) });
    return [...device.values(kept)];
  };
  const early = await rates(0, 1);
  const late = await rates(1, 2000);
  assert.ok(early[0]! < 0.5 && late[0]! > 0.9, `${early[0]} became ${late[0]}`);
  for (const j of [1, 2]) assert.ok(late[j]! < 0.02, `${early[j]} became ${late[j]}`);
});

test('a teacher without conductance is refused', () => {
  assert.throws(
    () => resolveOptions(findRule(RULE), { teachingConductance: 0 }),
    /'teachingConductance' of the rule 'dendritic-prediction' must be a number above 0/,
  );
});

test.run();
