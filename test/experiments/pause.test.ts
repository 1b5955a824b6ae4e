import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineExperiment, tinyTask } from '../../experiments/index.ts';
import { prepareRun } from '../../experiments/prepared-run.ts';
import { ReferenceDevice } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';

const FEEDBACK = 'feedback from output to hidden 2';

async function prepared() {
  const device = new ReferenceDevice();
  const experiment = defineExperiment({ rules: [{ name: 'weight-mirror' }], layers: [36, 24, 12, 4] });
  const run = await prepareRun(experiment.rules[0]!, findRule('weight-mirror'), 1, tinyTask(), device);
  return { run, feedback: device.values(run.states.get(FEEDBACK)!) };
}

test('the pause between minibatches is part of training', async () => {
  const { run, feedback } = await prepared();
  const before = [...feedback];
  await run.step.run({ steps: 1, firstStep: 0, rows: Uint32Array.from({ length: 50 }, (_, i) => i) });
  assert.ok(feedback.every((b, i) => b !== before[i]));
});

test('looking at angles changes no feedback', async () => {
  const { run, feedback } = await prepared();
  const before = [...feedback];
  await run.diagnostics.measure();
  assert.equal([...feedback], before);
});

test.run();
