import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ExperimentDocument } from '../../bench/experiment-parts.ts';
import type { PeersDocument } from '../../bench/peers-document.ts';
import type { RunnerDocument } from '../../bench/runner-document.ts';
import type { Series } from '../../bench/scaling.ts';
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

test('the page shows every workload, or says that it is not measured yet', () => {
  const [measured, unmeasured] = [true, false].map((wanted) =>
    WORKLOADS.filter(
      ({ name }) => results.peers.comparisons.some(({ workload }) => workload === name) === wanted,
    ),
  );
  for (const { title } of measured!) assert.match(page, `| ${title} |`);
  const note = page.split('\n').find((line) => line.startsWith('- not measured yet:')) ?? '';
  for (const { title } of unmeasured!) assert.match(note, title);
});

const peersOf = (torch: string): PeersDocument => ({
  ...results.peers,
  python: { ...results.peers.python!, torch, torchBlas: ['MKL 2024.2 in torch'] },
});

test('what is below its aim is listed with where its time goes', () => {
  const [first] = results.peers.comparisons.filter(
    ({ parallel, atLeast }) => parallel === 1 && atLeast !== null,
  );
  const low = { ...first!, ratio: { median: 0.5, low: 0.4, high: 0.6 } };
  const withOne = performancePage({ ...results, peers: { ...results.peers, comparisons: [low] } });
  assert.match(
    withOne,
    new RegExp(`${first!.ours}: 0.50, not ${first!.atLeast}; its time goes to products \\d+ %`),
  );
  const high = { ...low, ratio: { median: 9, low: 8, high: 10 } };
  const without = performancePage({ ...results, peers: { ...results.peers, comparisons: [high] } });
  assert.not.match(without, 'What is below its aim');
});

test('runs on another processor or against another torch have a table each', () => {
  const both = performancePage({ ...results, otherPeers: [peersOf('2.13.0')] });
  assert.match(both, 'torch 2.13.0 (MKL 2024.2 in torch)');
  assert.is(both.split('measured on its own:').length, 2);
});

test('what has not been measured is left out', () => {
  const none = performancePage({ ...results, gpu: null, comparison: null, runner: null, browser: null });
  const heads = [
    '## On a GPU',
    '## A comparison as users run it',
    '## The experiment runner',
    '## In a browser',
  ];
  for (const head of heads) assert.not.match(none, head);
  assert.match(performancePage({ ...results, gpu: peersOf('2.13.0') }), '## On a GPU');
});

test('the time of a whole comparison is shown with its work', () => {
  const { machine, python, ours } = results.peers;
  const comparison: ExperimentDocument = {
    kind: 'comparison',
    machine,
    ours: { 'built-in': ours['built-in']! },
    python: python!,
    atOnce: 2,
    seeds: 10,
    rounds: 1,
    examples: { train: 6000, test: 1000 },
    rules: [{ rule: 'backprop', title: 'backprop 784-500-10', epochs: 10 }],
    notes: [],
    times: [
      { program: 'peers', seconds: [90], median: 90 },
      { program: 'built-in', seconds: [30], median: 30 },
    ],
    comparisons: [{ ours: 'built-in', ratio: { median: 3, low: 3, high: 3 }, atLeast: 1.3 }],
    errors: { backprop: { peers: 4.5, 'built-in': 4.25 } },
  };
  const text = performancePage({ ...results, comparison });
  assert.match(text, 'Every 10th image of MNIST, which is 6,000 training and 1,000 test images');
  assert.match(text, '| built-in | 30.0 | 3.00 (3.00-3.00) | 1.3 |');
  assert.match(text, '| backprop | 4.50 | 4.25 |');
});

test('the runner is shown with its aims', () => {
  const { machine, ours } = results.peers;
  const runner: RunnerDocument = {
    kind: 'runner',
    machine,
    ours: { 'built-in': ours['built-in']! },
    rounds: 2,
    runs: 16,
    epochs: 10,
    notes: [],
    equal: [
      {
        program: 'built-in',
        seconds: { one: [40, 42], two: [21, 22] },
        runSeconds: { one: 2.4, two: 2.5 },
        ratio: { median: 1.9, low: 1.89, high: 1.91 },
        peakMegabytes: { one: 180, two: 260.5 },
      },
    ],
    tiny: {
      runs: 2000,
      workers: 2,
      seconds: 30,
      busySeconds: 24,
      overheadMs: 18,
      overheadInMemoryMs: 9,
      memory: [
        { share: 0.1, megabytes: 200 },
        { share: 1, megabytes: 210 },
      ],
    },
    startUpSeconds: 0.75,
    folders: [],
  };
  const text = performancePage({ ...results, runner });
  assert.match(text, '| built-in | 41.0 | 21.5 | 1.90 (1.89-1.91) | 1.8 | 180.0 | 260.5 | 80.5 | 150 |');
  assert.match(text, '2,000 tiny runs');
  assert.match(
    text,
    '18.0 ms of overhead a run, of which 0.8 ms are the start of the process (aim for the rest: 20)',
  );
  assert.match(text, 'where no run waits for a disk, has 9.0 ms');
  assert.match(text, '10 % of the runs had ended: 200.0 MB, 100 % of the runs had ended: 210.0 MB');
});

test('a slope above that of the operations has a reason', () => {
  const one = { name: 'hidden layers of 500', program: 'built-in', points: [], slope: 1.3, expected: 1 };
  const pageOf = (series: Series[]) =>
    performancePage({ ...results, scaling: { ...results.scaling, series } });
  assert.match(
    pageOf([one]),
    /hidden layers of 500, built-in: grows faster than the operations, for the product/,
  );
  assert.match(pageOf([{ ...one, name: 'other' }]), 'for a reason that is not known yet');
  assert.not.match(pageOf([{ ...one, slope: 1.02 }]), 'grows faster than');
});

test.run();
