import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defineExperiment, tinyTask } from '../../experiments/index.ts';
import { prepareRun } from '../../experiments/prepared-run.ts';
import { ReferenceDevice } from '../../kernels/index.ts';
import { findRule } from '../../rules/index.ts';

const NAME = 'equilibrium-propagation';

function plan(options: Record<string, unknown> = {}) {
  return defineExperiment({ rules: [{ name: NAME, options }], layers: [36, 24, 12, 4] }).rules[0]!;
}

test('training remembers the states of the examples shown, and nothing else changes them', async () => {
  const settings = plan({ freeIterations: 5 });
  const run = await prepareRun(settings, findRule(NAME), 1, tinyTask(), new ReferenceDevice());
  assert.equal(
    [...run.rowStores.keys()],
    ['particles of hidden 1', 'particles of hidden 2', 'particles of output'],
  );
  const shown = Uint32Array.from({ length: settings.batch }, (_, i) => 3 * i);
  await run.step.run({ steps: 1, firstStep: 0, rows: shown });
  const { values, columns, count } = run.rowStores.get('particles of hidden 1')!;
  for (let row = 0; row < count; row++) {
    const isKept = values.subarray(row * columns, (row + 1) * columns).some((s) => s !== 0);
    assert.is(isKept, shown.includes(row), `example ${row}`);
  }
  const before = [...run.rowStores.values()].map((memory) => [...memory.values]);
  await run.test.error();
  await run.diagnostics.measure();
  assert.equal(
    [...run.rowStores.values()].map((memory) => [...memory.values]),
    before,
  );
});

test('options of the recipe follow the depth, and give way to chosen ones', () => {
  assert.equal(plan().options, { beta: 1, freeIterations: 150, nudgedIterations: 6 });
  assert.equal(plan({ beta: '0.3' }).options, { beta: '0.3', freeIterations: 150, nudgedIterations: 6 });
});

test.run();
