import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream } from '../../kernels/index.ts';
import { handCurrents } from '../networks/settling-by-hand.ts';
import {
  type Case,
  type Change,
  expectMoved,
  FELT,
  moved,
  ROUNDING,
  SETTLED,
  seesMagnitudes,
  seesSigns,
} from './locality-cases.ts';

const LAYERS = [5, 6, 4, 3];

/** An example and a network in its free fixed point. */
interface Scene {
  readonly input: readonly number[];
  readonly target: readonly number[];
  /** Of the settled layers, lowest first, all well within (0, 1): units are linear, and their rate is their current. */
  readonly rates: number[][];
  /** weights[l][i][j] from unit i of layer l to unit j of layer l + 1, small enough for a single fixed point. */
  readonly weights: number[][][];
}

const stream = (name: string) => new RandomStream(5, name);
const between = (name: string, n: number, low: number, high: number) => [
  ...stream(name).uniform(n, low, high),
];

const scene = (): Scene => ({
  input: between('input', LAYERS[0]!, 0, 1),
  target: [1, 0, 0],
  rates: LAYERS.slice(1).map((n, l) => between(`rates ${l}`, n, 0.35, 0.65)),
  weights: LAYERS.slice(1).map((m, l) =>
    Array.from({ length: LAYERS[l]! }, (_, i) => between(`weights ${l} ${i}`, m, -0.15, 0.15)),
  ),
});

/** Sets everything up, with the biases that make the rates those of the free fixed point. */
const show =
  ({ input, target, rates, weights }: Scene): Change =>
  (values) => {
    values('input').set(input);
    values('target').set(target);
    const currents = handCurrents(
      { weights, biases: rates.map((r) => r.map(() => 0)), rho: (s) => s },
      input,
      rates,
    );
    for (const [l, w] of weights.entries()) {
      values(`weights ${l + 1}`).set(w.flat());
      values(`bias ${l + 1}`).set(rates[l]!.map((r, j) => r - currents[l]![j]!));
    }
  };

const movedBy = (one: Case, change: (scene: Scene) => Scene) =>
  moved(one, show(change(scene())), { start: show(scene()) });

const factors = stream('factors').uniform(100, 0.3, 1.7);
const shift = [0.1, -0.05, 0.08];
const outputsShifted = ({ rates }: Scene) => [
  ...rates.slice(0, -1),
  rates.at(-1)!.map((r, j) => r + shift[j]!),
];

for (const one of SETTLED) {
  const { title, plausibility } = one;
  const sees = (factor: (typeof plausibility.locality)[number]) => plausibility.locality.includes(factor);

  /** The weights of connection 2 are not above connection 2, so for it only those of connection 3 are changed. */
  const changeAbove = async (f: (w: number, i: number, j: number) => number) => {
    const change = (first: number) => (s: Scene) => ({
      ...s,
      weights: s.weights.map((w, l) => (l < first ? w : w.map((row, i) => row.map((x, j) => f(x, i, j))))),
    });
    const below = await movedBy(one, change(1));
    const top = await movedBy(one, change(2));
    return { learns: below.learns, most: [below.most[0]!, top.most[1]!] };
  };

  test(`${title}: magnitudes of the weights above are ${seesMagnitudes(one) ? 'seen' : 'not seen'}`, async () => {
    const { most, learns } = await changeAbove((w, i, j) => w * factors[10 * i + j]!);
    expectMoved(most, learns, seesMagnitudes(one), 'other magnitudes');
  });

  test(`${title}: signs of the weights above are ${seesSigns(one) ? 'seen' : 'not seen'}`, async () => {
    const { most, learns } = await changeAbove((w, i, j) => ((i + j) % 2 === 0 ? -w : w));
    expectMoved(most, learns, seesSigns(one), 'other signs');
  });

  test(`${title}: what the output layer does is ${plausibility.feedbackPathway === 'none' ? 'not felt' : 'felt'} below`, async () => {
    const { most, learns } = await movedBy(one, (s) => ({ ...s, rates: outputsShifted(s) }));
    expectMoved(most, learns, plausibility.feedbackPathway !== 'none', 'another output');
  });

  test(`${title}: the target itself, beyond the error, is ${sees('target') ? 'seen' : 'not seen'}`, async () => {
    const { most, learns } = await movedBy(one, (s) => ({
      ...s,
      rates: outputsShifted(s),
      target: s.target.map((t, j) => t + shift[j]!),
    }));
    expectMoved(most, learns, sees('target'), 'another target, the same error');
  });

  const seesErrors = sees('output error') || sees('error from above');
  test(`${title}: errors themselves, beyond the rates, are ${seesErrors ? 'seen' : 'not seen'}`, async () => {
    // The errors of all outputs and the weights from them turn around: the layers below receive the same in both phases.
    const { most, learns } = await movedBy(one, (s) => ({
      ...s,
      weights: s.weights.map((w, l) => (l === 2 ? w.map((row) => row.map((x) => -x)) : w)),
      target: s.target.map((t, j) => 2 * s.rates[2]![j]! - t),
    }));
    expectMoved(most, learns, seesErrors, 'opposite errors, the same rates below');
  });

  test(`${title}: a synapse does not see the input of its neighbours`, async () => {
    const { synapse } = await movedBy(one, (s) => ({
      ...s,
      input: s.input.map((x, i) => (i === 2 ? x + 1.5 : x)),
    }));
    for (const i of [0, 1, 3, 4]) for (let j = 0; j < 6; j++) assert.ok(synapse(i, j)! < ROUNDING);
    if (sees('presynaptic rate'))
      for (let j = 0; j < 6; j++) assert.ok(synapse(2, j)! > FELT, 'a synapse sees its own input');
  });

  for (const [population, connection] of [
    [0, 'from'],
    [1, 'onto'],
  ] as const)
    test(`${title}: a synapse does not see other neurons than those it goes from and onto (${connection})`, async () => {
      // One neuron of one layer gets another rate; all others, and how far the target moves each of them, stay.
      const { synapse, most } = await movedBy(one, (s) => ({
        ...s,
        rates: s.rates.map((layer, l) => layer.map((r, i) => (l === population && i === 3 ? r + 0.1 : r))),
      }));
      assert.ok(most[0]! < ROUNDING, 'the target moves the first layer as before');
      const [own, others] = [[] as number[], [] as number[]];
      for (let i = 0; i < 6; i++)
        for (let j = 0; j < 4; j++)
          ((connection === 'from' ? i : j) === 3 ? own : others).push(synapse(i, j, 1)!);
      assert.ok(Math.max(...others) < ROUNDING, 'the rate of another neuron');
      if (sees(connection === 'from' ? 'presynaptic rate' : 'postsynaptic rate'))
        assert.ok(Math.max(...own) > FELT, `the rate of the neuron that a synapse goes ${connection}`);
    });
}

test.run();
