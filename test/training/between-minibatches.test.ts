import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ReferenceDevice } from '../../kernels/index.ts';
import { traceRun } from '../../training/index.ts';
import { partsOf } from './parts.ts';

const FEEDBACK = 'feedback from output to hidden 2';

async function prepared() {
  const device = new ReferenceDevice();
  const run = await traceRun(await partsOf('weight-mirror', { device, diagnostics: ['angle'] }));
  return { run, feedback: device.values(run.states.get(FEEDBACK)!) };
}

test('what happens between minibatches is part of training', async () => {
  const { run, feedback } = await prepared();
  const before = [...feedback];
  await run.step.run({ steps: 1, firstStep: 0, rows: Uint32Array.from({ length: 20 }, (_, i) => i) });
  assert.ok(feedback.every((b, i) => b !== before[i]));
});

test('looking at angles changes no feedback', async () => {
  const { run, feedback } = await prepared();
  const before = [...feedback];
  await run.diagnostics.measure();
  assert.equal([...feedback], before);
});

test.run();
