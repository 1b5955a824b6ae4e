import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WORKLOADS } from '../../bench/workloads.ts';

const planOf = (name: string) => WORKLOADS.find((workload) => workload.name === name)!.plan;
const source = (file: string) => readFileSync(new URL(`../../bench/peers/${file}`, import.meta.url), 'utf8');

test('every workload is trained as its peers are: plain SGD at a constant rate', () => {
  for (const { name, plan } of WORKLOADS) {
    assert.is(plan.optimizer, 'sgd', name);
    assert.is(plan.schedule, 'constant', name);
    assert.is(plan.weightDecay, 0, name);
  }
});

test('batch and rates are the defaults of the peers', () => {
  for (const { name, plan, peers } of WORKLOADS)
    for (const { file } of peers) assert.match(source(file), `batch=${plan.batch}`, name);
  assert.match(source('backprop.py'), `lr=${planOf('backprop').learningRate[0]}`);
  assert.match(source('feedback_alignment.py'), `lr=${planOf('fa').learningRate[0]!.toFixed(1)}`);
  assert.match(source('segregated_dendrite.py'), `lr="${planOf('dendrites').learningRate.join(',')}"`);
});

test('iterations, beta and rates of equilibrium propagation are those of the peer', () => {
  for (const [hidden, name] of [
    [1, 'ep'],
    [2, 'ep-2'],
  ] as const) {
    const { options, learningRate } = planOf(name);
    const row = new RegExp(`${hidden}: \\((\\d+), (\\d+), 0.5, ([\\d.]+), "([\\d.,]+)"\\)`);
    const [, free, nudged, beta, theirs] = row.exec(source('equilibrium_propagation.py'))!;
    assert.equal([options.freeIterations, options.nudgedIterations], [Number(free), Number(nudged)]);
    assert.is(options.beta, Number(beta));
    assert.equal(learningRate, theirs!.split(',').map(Number));
  }
});

test.run();
