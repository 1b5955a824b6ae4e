import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { claimsPage } from '../../docs/generate-claims.ts';
import { committedMeasurements } from '../../docs/generate-measurements.ts';

test('the committed page of claims is that of the committed documents and records', () => {
  const committed = readFileSync(new URL('../../docs/claims.md', import.meta.url), 'utf8');
  assert.is(committed, claimsPage(committedMeasurements()), "claims.md is out of date: run 'npm run docs'");
});

test.run();
