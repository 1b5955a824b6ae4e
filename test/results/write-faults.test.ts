import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { saveExperiment } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';
import { announce } from '../../results/folder-lock.ts';
import {
  addCheckpoint,
  type ComparisonDocument,
  collectProvenance,
  holdsRun,
  newestCheckpoint,
  openRun,
  readRun,
  reopenComparison,
  reopenRun,
} from '../../results/index.ts';
import type { Checkpoint } from '../../training/index.ts';
import { device, epochRecord, spec } from './example.ts';
import { type DiskFault, withFault } from './faulty-disk.ts';

/** What is recorded stays, and nothing is half written, whenever writing fails or stops. */
const test: Test<{ folder: string }> = suite('write faults', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-faults-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const faultWithin = (calls: number): fc.Arbitrary<DiskFault> =>
  fc.record({
    kind: fc.constantFrom('full', 'error', 'killed', 'powerless'),
    // Any call as likely as any other.
    at: fc.noBias(fc.nat(calls)),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    losesNames: fc.boolean(),
  });

/** Whether the process lives on, and has to say what went wrong. */
const isTold = ({ kind }: DiskFault): boolean => kind === 'full' || kind === 'error';

function assertSentence(error: unknown): void {
  assert.instance(error, UserError, (error as Error).stack);
  assert.match((error as Error).message, /^[^\n]+$/);
}

const temporaryIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));

/** Does something in which the fault may come. @returns whether it came to its end */
function surviving(fault: DiskFault | null, folder: string, action: () => void): boolean {
  const before = temporaryIn(folder);
  const { came, error } = withFault(fault, action);
  if (error === null) return true;
  if (!came || fault === null) throw error;
  if (isTold(fault)) {
    assertSentence(error);
    assert.equal(
      temporaryIn(folder).filter((name) => !before.includes(name)),
      [],
    );
  }
  return false;
}

const run = { spec: spec(7), provenance: { ...collectProvenance(), device } };

const checkpointAfter = (epochs: number): Checkpoint => ({
  format: 1,
  run: '0'.repeat(64),
  step: 10 * epochs,
  epochs,
  epochSeconds: 0,
  recordedSeconds: 0,
  bestEpoch: 0,
  bestScore: null,
  states: new Map([['weights 1', { rows: 1, columns: 2, values: Float32Array.of(epochs, -epochs) }]]),
  rowStores: new Map(),
});

/** What a process did of a run before the fault came. */
interface Life {
  readonly fault: DiskFault | null;
  readonly epochs: number;
  readonly keep: 'last' | 'every';
  readonly ends: boolean;
}

/** What must be there whatever happens: the calls that wrote it have returned. */
interface Recorded {
  opened: boolean;
  ended: boolean;
  epochs: number;
  checkpoint: number;
}

function live({ epochs, keep, ends }: Life, folder: string, recorded: Recorded): void {
  recorded.ended = false;
  const open = existsSync(folder) ? reopenRun(folder, run) : openRun(folder, run);
  recorded.opened = true;
  const first = open.epochs.length + 1;
  for (let epoch = first; epoch < first + epochs; epoch++) {
    open.append(epochRecord(epoch, epoch));
    recorded.epochs = epoch;
    addCheckpoint(folder, checkpointAfter(epoch), keep);
    recorded.checkpoint = epoch;
  }
  if (!ends) return;
  open.finish({ status: 'finished', statesHash: 'hash' });
  recorded.ended = true;
}

function check(folder: string, recorded: Recorded): void {
  if (!holdsRun(folder)) {
    assert.not(recorded.opened, 'the run is gone');
    return;
  }
  const { epochs, status, provenance } = readRun(folder);
  assert.ok(epochs.length >= recorded.epochs, `${epochs.length} of ${recorded.epochs} epochs`);
  assert.equal(
    epochs,
    epochs.map((_, i) => epochRecord(i + 1, i + 1)),
  );
  assert.equal(provenance.device, device);
  if (recorded.ended) assert.is(status, 'finished');
  const { found, damaged } = newestCheckpoint(folder);
  assert.equal(damaged, []);
  const newest = found?.checkpoint.epochs ?? 0;
  assert.ok(newest >= recorded.checkpoint, `checkpoint ${newest} of ${recorded.checkpoint}`);
  if (found) assert.equal(found.checkpoint, checkpointAfter(newest));
}

const lives: fc.Arbitrary<Life[]> = fc.array(
  fc.record({
    fault: fc.option(faultWithin(60)),
    epochs: fc.nat(3),
    keep: fc.constantFrom('last', 'every'),
    ends: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

test('a run loses nothing that is recorded, and goes on, after any faults of the disk', ({ folder }) => {
  const path = join(folder, 'run');
  fc.assert(
    fc.property(lives, (given) => {
      rmSync(path, { recursive: true, force: true });
      const recorded: Recorded = { opened: false, ended: false, epochs: 0, checkpoint: 0 };
      for (const life of given) {
        surviving(life.fault, folder, () => live(life, path, recorded));
        check(path, recorded);
      }
      const last: Life = { fault: null, epochs: 1, keep: 'last', ends: true };
      surviving(null, folder, () => live(last, path, recorded));
      check(path, recorded);
      assert.equal(temporaryIn(path), []);
    }),
    { numRuns: 250 },
  );
});

test('the document of a comparison is the old one or the new one', ({ folder }) => {
  fc.assert(
    fc.property(faultWithin(12), (fault) => {
      const document = (text: string) => ({ text }) as unknown as ComparisonDocument;
      surviving(null, folder, () => reopenComparison(folder).save(document('old')));
      const done = surviving(fault, folder, () => reopenComparison(folder).save(document('new')));
      const { text } = JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8'));
      assert.ok(done ? text === 'new' : ['old', 'new'].includes(text), text);
    }),
    { numRuns: 60 },
  );
});

const owner = { host: 'here', pid: process.pid, place: null, start: null, since: 'now', runs: null };

test('a lock is put into a folder whole or not at all', ({ folder }) => {
  fc.assert(
    fc.property(faultWithin(10), (fault) => {
      surviving(fault, folder, () => void announce(folder, owner));
      for (const name of readdirSync(folder)) {
        if (name.endsWith('.json'))
          assert.is(JSON.parse(readFileSync(join(folder, name), 'utf8')).pid, process.pid);
        rmSync(join(folder, name));
      }
    }),
    { numRuns: 60 },
  );
});

test('an experiment is saved whole or not at all', ({ folder }) => {
  const file = join(folder, 'saved.yaml');
  fc.assert(
    fc.property(faultWithin(10), (fault) => {
      rmSync(file, { force: true });
      const done = surviving(fault, folder, () => saveExperiment(file, { rules: ['backprop'], seeds: 2 }));
      if (done) assert.match(readFileSync(file, 'utf8'), /seeds: 2\n$/);
      else if (existsSync(file)) assert.match(readFileSync(file, 'utf8'), /seeds: 2\n$/);
    }),
    { numRuns: 60 },
  );
});

test.run();
