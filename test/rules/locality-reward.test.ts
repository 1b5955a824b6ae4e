import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matrix, potentials } from './by-hand.ts';
import { learnedOf } from './learned.ts';
import { type Change, type FeedForwardCase, REWARDED } from './locality-cases.ts';

// Every synapse receives the same number from the rest of the network. So what a synapse does not see may change that number, but
// nothing else: the update of all synapses is multiplied by one factor.

const [INPUTS, HIDDEN] = [5, 6];
const ROUNDING = 1e-11;

/** Directions of the connections into hidden layers. */
async function hiddenOf({ rule, options, network }: FeedForwardCase, set?: Change): Promise<number[][]> {
  const { own } = await learnedOf(rule, { batch: 1, options, network, ...(set && { set }) });
  return own.slice(0, -1).map((direction) => [...direction!]);
}

/** The factor between two lists, and the largest deviation from it in units of the largest value. */
function factorBetween(before: readonly number[], after: readonly number[]) {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const factor = dot(before, after) / dot(before, before);
  const largest = Math.max(...after.map(Math.abs));
  const gap = Math.max(...after.map((x, i) => Math.abs(x - factor * before[i]!))) / largest;
  return { factor, gap };
}

function expectOneFactor(before: readonly number[], after: readonly number[], what: string): void {
  const { factor, gap } = factorBetween(before, after);
  assert.ok(gap < ROUNDING, `${what}: ${gap} of an update is no common factor`);
  assert.ok(Math.abs(factor - 1) > 1e-3, `${what} is not felt at all`);
}

const some = (values: readonly number[], is: (i: number, j: number) => boolean) =>
  values.filter((_, n) => is(Math.floor(n / HIDDEN), n % HIDDEN));

for (const one of REWARDED) {
  const { title, plausibility } = one;
  const sees = (factor: (typeof plausibility.locality)[number]) => plausibility.locality.includes(factor);

  test(`${title}: of the layers above one number is seen, by all synapses alike`, async () => {
    const before = await hiddenOf(one);
    const top = await hiddenOf(one, (values) => {
      values('weights 3').set(values('weights 3').map((w, i) => (i % 2 === 0 ? -2 : 0.5) * w));
      values('bias 3').set([2, -1, 0.5]);
    });
    expectOneFactor(before.flat(), top.flat(), 'another output layer');
    const all = await hiddenOf(one, (values) => {
      for (const name of ['weights 2', 'weights 3'])
        values(name).set(values(name).map((w, i) => (i % 3 === 0 ? -2 : 0.5) * w));
    });
    expectOneFactor(before[0]!, all[0]!, 'other layers above');
  });

  test(`${title}: of the target one number is seen`, async () => {
    const before = await hiddenOf(one);
    const after = await hiddenOf(one, (values) => values('target').set([0, 0, 1]));
    expectOneFactor(before.flat(), after.flat(), 'another target');
  });

  test(`${title}: a synapse does not see the input of its neighbours`, async () => {
    const [before] = await hiddenOf(one);
    const [after] = await hiddenOf(one, (values) => {
      const [x, weights, bias] = [values('input'), values('weights 1'), values('bias 1')];
      x[2] = x[2]! + 1.5;
      bias.set(bias.map((b, j) => b - 1.5 * weights[2 * HIDDEN + j]!));
      values('bias 3').set([1, 0, 0]);
    });
    const others = (i: number) => i !== 2;
    expectOneFactor(some(before!, others), some(after!, others), 'the input of another synapse');
    assert.is(factorBetween(before!, after!).gap > ROUNDING, sees('presynaptic rate'));
  });

  test(`${title}: a synapse does not see other neurons of its layer`, async () => {
    const [before] = await hiddenOf(one);
    const [after] = await hiddenOf(one, (values, { connections }) => {
      const input = matrix(values('input'), INPUTS);
      const rate = () => one.rate(potentials(values, connections, input, one.rate)[0]![0]![3]!);
      const first = rate();
      values('bias 1')[3] = values('bias 1')[3]! + 0.8;
      const step = rate() - first;
      const [above, weights] = [values('bias 2'), values('weights 2')];
      above.set(above.map((b, j) => b - step * weights[3 * above.length + j]!));
      values('bias 3').set([1, 0, 0]);
    });
    const others = (_i: number, j: number) => j !== 3;
    expectOneFactor(some(before!, others), some(after!, others), 'another neuron');
    assert.is(factorBetween(before!, after!).gap > ROUNDING, sees('postsynaptic rate'));
  });
}

test.run();
