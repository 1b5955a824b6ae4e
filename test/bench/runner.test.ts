import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { OperationCounter, sizeOf } from '../../bench/folder-cost.ts';
import { busySeconds, memoryAt, parseMemory } from '../../bench/measured-command.ts';
import { collectProvenance, comparisonDocument, openRun, readRun } from '../../results/index.ts';
import { conditions, experiment, run, spec } from '../results/example.ts';

test('memory is read as proc(5) shows it', () => {
  const status = 'Name:\tnode\nVmPeak:\t  900000 kB\nVmHWM:\t  200 kB\nVmRSS:\t  150 kB\nThreads:\t12\n';
  assert.equal(parseMemory(status, 7), { at: 7, resident: 150 * 1024, peak: 200 * 1024 });
  assert.is(parseMemory('Name:\tnode\nState:\tZ (zombie)\n', 7), null);
});

test('memory at a share of the runs is that of the first sample after it', () => {
  const memory = [10, 20, 30, 40].map((at) => ({ at, resident: 100 * at, peak: 0 }));
  const ends = [5, 11, 12, 13, 14, 15, 16, 17, 35, 45];
  assert.is(memoryAt(0.1, { ends, memory }), 1000);
  assert.is(memoryAt(0.5, { ends, memory }), 2000);
  assert.is(memoryAt(0.9, { ends, memory }), 4000);
  // The process has ended before the next sample.
  assert.is(memoryAt(1, { ends, memory }), 4000);
  assert.is(memoryAt(1, { ends, memory: [] }), null);
});

test('runs are busy while they train and evaluate', () => {
  const document = comparisonDocument({
    dendrite: '0.1.0',
    experiment,
    conditions,
    runs: [run('backprop', 1, [5, 4]), run('feedback-alignment', 1, [6, 5, 4])],
  });
  // Two seconds of training and half a second of evaluation an epoch.
  assert.is(busySeconds(document), 12.5);
});

const inFolder = (action: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('the files in a folder are counted with those below it', () =>
  inFolder((folder) => {
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'one'), '123');
    writeFileSync(join(folder, 'below', 'two'), '12345');
    assert.equal(sizeOf(folder), { files: 2, bytes: 8 });
  }));

test('what is asked of the file system is counted, and nothing after that', () =>
  inFolder((folder) => {
    writeFileSync(join(folder, 'there'), '');
    const counter = new OperationCounter();
    counter.begin();
    renameSync(join(folder, 'there'), join(folder, 'here'));
    readFileSync(join(folder, 'here'));
    appendFileSync(join(folder, 'here'), 'x', { flush: true });
    counter.end();
    assert.equal(counter.operations, { names: 1, flushes: 1, lookups: 2 });
    // The folder's own name, and three files: made, written whole under another name, and named; their names are waited for together.
    counter.begin();
    openRun(join(folder, 'run'), { spec: spec(1), provenance: { ...collectProvenance(), device: null } });
    counter.end();
    assert.equal(
      [counter.operations.names, counter.operations.flushes],
      [1 + 1 + 1 + 2 + 2, 1 + 1 + 1 + 1 + 1],
    );
    const { operations } = counter;
    readRun(join(folder, 'run'));
    assert.equal(counter.operations, operations);
  }));

test.run();
