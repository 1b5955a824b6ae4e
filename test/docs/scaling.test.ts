import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  committedRates,
  type Measured,
  rateOf,
  runsPerDay,
  runsPerTask,
  scalingPage,
  secondsOfRun,
} from '../../docs/generate-scaling.ts';

const committed = committedRates();

test('the committed page is that of the committed rates', () => {
  const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
  assert.is(page, scalingPage(committed), "scaling.md is out of date: run 'npm run docs'");
});

const DIGITS = { title: 'the embedded digits', train: 8000, test: 2000 } as const;

/** 1,000 examples/s alone, 800 beside another, 4,000 test images/s, half a second a run beside them. */
const made: Measured = {
  peers: {
    ...committed.peers,
    measurements: [
      ['backprop', 1, 1000],
      ['backprop', 2, 1600],
      ['evaluation', 1, 4000],
    ].map(([workload, parallel, median]) => ({
      workload: String(workload),
      program: 'built-in',
      parallel: Number(parallel),
      rates: [Number(median)],
      median: Number(median),
    })),
  },
  // Of 510 ms of overhead 10 ms are the start of the process, 2.5 s for 500 runs of 2 workers.
  runner: {
    ...committed.runner,
    tiny: { ...committed.runner.tiny, runs: 500, workers: 2, overheadMs: 510 },
    startUpSeconds: 2.5,
  },
};

test('runs a day follow from the rates', () => {
  assert.is(rateOf(made, 'backprop', 2), 800);
  // Ten times 8 s of training and half a second of evaluation.
  assert.is(secondsOfRun(made, 'backprop', DIGITS, 1), 85.5);
  assert.is(runsPerDay(made, 'backprop', DIGITS, 1), 86_400 / 85.5);
  // At 0.8 of the speed.
  assert.ok(Math.abs(secondsOfRun(made, 'backprop', DIGITS, 16) - (85 / 0.8 + 0.5)) < 1e-9);
  assert.ok(Math.abs(runsPerDay(made, 'backprop', DIGITS, 1000) - (1000 * 86_400) / 106.75) < 1e-6);
  assert.throws(() => rateOf(made, 'ep', 1), 'peers.json lacks ep by built-in, 1 at a time');
});

test('a task has as few runs as keep its start below a hundredth', () => {
  assert.is(runsPerTask(1, 1), 99);
  assert.is(runsPerTask(1, 99), 1);
  assert.is(runsPerTask(1, 98), 2);
  assert.is(runsPerTask(0.5, 1000), 1);
});

test.run();
