import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { aimOf, peersOn, roundsOf } from '../../bench/comparison.ts';
import { GPU_WORKLOADS, WORKLOADS, type Workload } from '../../bench/workloads.ts';
import { rulesFor } from '../../rules/index.ts';

const find = (name: string): Workload => WORKLOADS.find((workload) => workload.name === name)!;
const source = (file: string) => readFileSync(new URL(`../../bench/peers/${file}`, import.meta.url), 'utf8');

/** What follows an option in the arguments of the first peer. */
function argument(name: string, option: string): string {
  const { args } = find(name).peers[0]!;
  return args[args.indexOf(option) + 1]!;
}

test('every workload is trained as its peers are: plain SGD at a constant rate', () => {
  for (const { name, condition } of WORKLOADS) {
    const { settings } = condition;
    assert.is(settings.optimizer, 'sgd', name);
    assert.is(settings.schedule, 'constant', name);
    assert.is(settings.weightDecay, 0, name);
  }
});

test('names are there once', () => {
  for (const all of [WORKLOADS, GPU_WORKLOADS])
    assert.is(new Set(all.map(({ name }) => name)).size, all.length);
});

test('peers are told layers, batch and rates', () => {
  assert.is(argument('backprop-wide', '--arch'), '784,2000,2000,10');
  assert.is(argument('backprop-wide', '--batch'), '128');
  assert.is(argument('fa-deep', '--arch'), '784,1000,1000,1000,1000,1000,10');
  assert.is(argument('backprop-single', '--batch'), '1');
  assert.is(argument('dendrites-2', '--lr'), '0.23,0.23,0.12');
});

test('batch and rates at 784-500-10 are the defaults of the peers', () => {
  for (const name of ['backprop', 'fa', 'dfa', 'ep', 'pc', 'ff', 'microcircuit', 'dendrites']) {
    const { condition, peers } = find(name);
    for (const { file } of peers) assert.match(source(file), `batch=${condition.settings.batch}`, name);
  }
  assert.match(source('backprop.py'), `lr=${argument('backprop', '--lr')}`);
  assert.match(source('feedback_alignment.py'), `lr=${Number(argument('fa', '--lr')).toFixed(1)}`);
});

test('rates of segregated dendrites are those that the peer has for its depth', () => {
  for (const [hidden, name] of [
    [1, 'dendrites'],
    [2, 'dendrites-2'],
  ] as const)
    assert.match(source('segregated_dendrite.py'), `${hidden}: "${argument(name, '--lr')}"`);
});

test('iterations, beta and rates of equilibrium propagation are those that the peer has for its depth', () => {
  for (const [hidden, name, steps] of [
    [1, 'ep', [20, 4]],
    [2, 'ep-2', [150, 6]],
    [3, 'ep-3', [500, 8]],
  ] as const) {
    const { options, settings } = find(name).condition;
    const row = new RegExp(`${hidden}: \\((\\d+), (\\d+), 0.5, ([\\d.]+), "([\\d.,]+)"\\)`);
    const [, free, nudged, beta, theirs] = row.exec(source('equilibrium_propagation.py'))!;
    assert.equal([Number(free), Number(nudged)], [...steps]);
    assert.equal([options.freeIterations, options.nudgedIterations], [...steps]);
    assert.is(options.beta, Number(beta));
    assert.equal([...settings.learningRate], theirs!.split(',').map(Number));
    assert.equal([argument(name, '--free'), argument(name, '--nudged')], steps.map(String));
  }
});

test('options of predictive coding, forward-forward and microcircuits are the defaults of the peers', () => {
  for (const [name, option, theirs] of [
    ['pc', '--iterations', '"--iterations", type=int, default='],
    ['pc', '--gamma', '"--gamma", type=float, default='],
    ['ff', '--peer-normalisation', '"--peer-normalisation", type=float, default='],
  ] as const)
    assert.ok(source(find(name).peers[0]!.file).includes(`${theirs}${argument(name, option)}`), option);
  assert.match(source('predictive_coding.py'), `lr="${argument('pc', '--lr')}"`);
  assert.match(source('forward_forward.py'), `lr=${argument('ff', '--lr')}`);
  assert.match(source('dendritic_microcircuit.py'), `lr="${argument('microcircuit', '--lr')}"`);
  // Where options are the rule's defaults, the programs have them as constants.
  const { options } = find('microcircuit').condition;
  assert.match(
    source('dendritic_microcircuit.py'),
    `${options.apicalConductance}, 1.0, ${options.teachingConductance}`,
  );
  assert.match(source('dendritic_microcircuit.py'), `INTERNEURON_RATE = ${options.interneuronRate}\n`);
});

test('feedback weights at 784-500-10 are drawn from the range of the peer, by both rules', () => {
  assert.match(source('feedback_alignment.py'), 'feedback = [torch.nn.init.xavier_uniform_');
  const glorot = Math.sqrt(6 / (500 + 10));
  const scaleOf = (name: string) => find(name).condition.options.feedbackScale as number;
  // Of feedback alignment it is the limit itself, of direct feedback alignment that times the root of the hidden neurons.
  for (const limit of [scaleOf('fa'), scaleOf('dfa') / Math.sqrt(500)])
    assert.ok(Math.abs(limit - glorot) < 1e-12, `${limit}`);
});

test('a program aims at the ratio of its kind, on one thread', () => {
  const wide = find('backprop-wide');
  assert.is(aimOf(wide, { kind: 'blas' }, 1), 1.1);
  assert.is(aimOf(wide, { kind: 'fma' }, 1), 0.6);
  assert.is(aimOf(wide, { kind: 'exact' }, 1), 0.35);
  assert.is(aimOf(wide, { kind: 'exact' }, 2), null);
  assert.is(aimOf(wide, { kind: null }, 1), null);
  assert.is(aimOf(find('fa-wide'), { kind: 'blas' }, 1), null);
});

test('workloads without an aim are measured three times at most', () => {
  assert.is(roundsOf(find('backprop'), 5), 5);
  assert.is(roundsOf(find('ep-3'), 5), 3);
  assert.is(roundsOf(find('ep-3'), 1), 1);
});

test('on a GPU every rule that classifies is measured, and peers in PyTorch with CUDA graphs too', () => {
  const rules = new Set(GPU_WORKLOADS.map(({ condition }) => condition.rule));
  assert.equal(
    [...rules].sort(),
    rulesFor('classify')
      .map(({ name }) => name)
      .sort(),
  );
  const [plain, graphs] = peersOn(find('ep'), 'gpu');
  assert.is(plain, find('ep').peers[0]);
  assert.equal([graphs!.name, graphs!.args.at(-1)], ['PyTorch, CUDA graphs', '--cuda-graph']);
  assert.equal(peersOn(find('dendrites'), 'gpu'), find('dendrites').peers);
  assert.equal(peersOn(find('ep'), 'cpu'), find('ep').peers);
});

test.run();
