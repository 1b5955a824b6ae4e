import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WORKLOADS } from '../../bench/workloads.ts';
import { committedResults, performancePage, withSpeeds } from '../../docs/generate-performance.ts';

const results = committedResults();
const page = performancePage(results);

test('the committed page is that of the committed results', () => {
  const committed = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');
  assert.is(committed, page, "performance.md is out of date: run 'npm run docs'");
});

test('the speeds in the README are those of the committed results', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  assert.is(readme, withSpeeds(readme, results), "README.md is out of date: run 'npm run docs'");
});

test('the committed results are of every workload', () => {
  for (const { name } of WORKLOADS) {
    assert.ok(
      results.peers.comparisons.some(({ workload }) => workload === name),
      name,
    );
    assert.ok(
      results.profile.profiles.some(({ workload }) => workload === name),
      name,
    );
  }
});

test.run();
