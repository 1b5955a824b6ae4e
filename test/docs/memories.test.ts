import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { committedMeasurements } from '../../docs/generate-measurements.ts';
import { halfLoads, memoriesPage, recallFigure } from '../../docs/generate-memories.ts';

test('the committed page of memories is that of the committed documents', () => {
  const committed = readFileSync(new URL('../../docs/memories.md', import.meta.url), 'utf8');
  assert.is(
    committed,
    memoriesPage(committedMeasurements()),
    "memories.md is out of date: run 'npm run docs'",
  );
});

test('the figure is drawn of the committed document', async () => {
  const committed = readFileSync(new URL('../../docs/figures/memory-load.svg', import.meta.url), 'utf8');
  assert.is(
    committed,
    await recallFigure(committedMeasurements()),
    "memory-load.svg is out of date: run 'npm run docs'",
  );
});

test('the load at half recall lies between two loads, of each seed, in logarithms', () => {
  const points = [
    { load: 10, scores: [0, 0, 40] },
    { load: 40, scores: [100, 20, 60] },
    { load: 80, scores: [100, 80, 100] },
  ];
  const [first, second, third] = halfLoads(points)!;
  assert.ok(Math.abs(first! - 20) < 1e-9);
  assert.ok(Math.abs(second! - 40 * Math.SQRT2) < 1e-9);
  assert.ok(Math.abs(third! - 20) < 1e-9);
  assert.is(halfLoads(points.slice(0, 2)), null, 'one seed has no load over it');
});

test.run();
