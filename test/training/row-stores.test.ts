import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { traceRun } from '../../training/index.ts';
import { partsOf } from './parts.ts';

test('training keeps the states of the examples shown, and nothing else changes them', async () => {
  const parts = await partsOf('equilibrium-propagation', {
    options: { freeIterations: 5 },
    diagnostics: ['all'],
  });
  const run = await traceRun(parts);
  assert.is(run.rowStores.size, 3);
  const shown = Uint32Array.from({ length: parts.condition.settings.batch }, (_, i) => 3 * i);
  await run.step.run({ steps: 1, firstStep: 0, rows: shown });
  const { values, columns, count } = [...run.rowStores.values()][0]!;
  for (let row = 0; row < count; row++) {
    const isKept = values.subarray(row * columns, (row + 1) * columns).some((s) => s !== 0);
    assert.is(isKept, shown.includes(row), `example ${row}`);
  }
  const before = [...run.rowStores.values()].map((store) => [...store.values]);
  await run.testScore!();
  await run.diagnostics.measure();
  assert.equal(
    [...run.rowStores.values()].map((store) => [...store.values]),
    before,
  );
});

test.run();
