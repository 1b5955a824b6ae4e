import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAttentionErrors } from '../../docs/astrocyte-figures.ts';
import { claimFigures, claimsPage } from '../../docs/generate-claims.ts';
import { committedMeasurements } from '../../docs/generate-measurements.ts';
import { measureAttention } from '../../docs/record-attention.ts';

test('the committed page of claims is that of the committed documents and records', () => {
  const committed = readFileSync(new URL('../../docs/claims.md', import.meta.url), 'utf8');
  assert.is(committed, claimsPage(committedMeasurements()), "claims.md is out of date: run 'npm run docs'");
});

test('its figures are drawn of the committed documents', async () => {
  for (const [name, svg] of await claimFigures(committedMeasurements()))
    assert.is(
      readFileSync(new URL(`../../docs/figures/${name}.svg`, import.meta.url), 'utf8'),
      svg,
      `${name}.svg is out of date: run 'npm run docs'`,
    );
});

test('the committed errors of attention are those of the block', async () => {
  const { errors } = readAttentionErrors();
  for (const { deviation, features, output, normaliser } of errors.filter(({ features }) => features <= 64)) {
    const seen = await measureAttention(1, deviation, features);
    assert.ok(Math.abs(seen.output - output[0]!) < 1e-6 && Math.abs(seen.normaliser - normaliser[0]!) < 1e-6);
  }
});

test.run();
