import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import {
  addCheckpoint,
  collectProvenance,
  comparisonJsonSchema,
  comparisonTable,
  type ExperimentRecord,
  newestCheckpoint,
  openComparison,
  openRun,
  readExperiment,
  readRun,
  reopenRun,
  trainedCheckpoint,
} from '../../results/index.ts';
import { type Checkpoint, type EpochRecord, encodeCheckpoint } from '../../training/index.ts';
import { conditions, device, epochRecord, experiment, spec } from './example.ts';
import { withFault } from './faulty-disk.ts';

/** Folders in which anything at all stands: they are read, or it is one sentence that names the file. */
const test = suite('damaged folders');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-damaged-'));
test.after(() => rmSync(folder, { recursive: true }));

const provenance = { ...collectProvenance(), device };
const checkpointAfter = (epochs: number): Checkpoint => ({
  format: 1,
  run: '0'.repeat(64),
  step: 10 * epochs,
  epochs,
  epochSeconds: 0.5,
  recordedSeconds: 2 * epochs,
  bestEpoch: 0,
  bestScore: null,
  states: new Map([['weights 1', { rows: 2, columns: 2, values: Float32Array.of(epochs, 1, 2, 3) }]]),
  rowStores: new Map([['particles', { rows: 3, columns: 1, values: Float32Array.of(1, 2, 3) }]]),
});

function sentenceOf(error: unknown): string {
  assert.instance(error, UserError, (error as Error).stack);
  assert.match((error as Error).message, /^[^\n]+$/);
  return (error as Error).message;
}

/** A sentence, if it fails. */
function outcomeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return sentenceOf(error);
  }
}

test('metrics.jsonl that is cut off anywhere has the epochs of its whole lines', () => {
  const path = join(folder, 'cut');
  openRun(path, { spec: spec(7), provenance });
  const metrics = join(path, 'metrics.jsonl');
  const score = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0));
  const epoch: fc.Arbitrary<Partial<EpochRecord>> = fc.record(
    {
      testScore: score,
      trainLoss: score,
      diverged: fc.string({ unit: 'grapheme' }),
      diagnostics: fc.dictionary(fc.string(), fc.dictionary(fc.string({ unit: 'grapheme' }), score)),
    },
    { requiredKeys: ['testScore', 'trainLoss'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(epoch, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (given, share) => {
        const epochs = given.map((one, i) => ({ ...epochRecord(i + 1, 5), ...one }));
        const lines = epochs.map((one) => Buffer.from(`${JSON.stringify(one)}\n`));
        const bytes = Buffer.concat(lines);
        const kept = Math.round(share * bytes.length);
        writeFileSync(metrics, bytes.subarray(0, kept));
        const ends = lines.map((_, i) => lines.slice(0, i + 1).reduce((sum, line) => sum + line.length, 0));
        const whole = ends.filter((end) => end <= kept).length;
        const read = readRun(path);
        assert.equal(read.epochs, JSON.parse(JSON.stringify(epochs.slice(0, whole))));
        assert.is(read.truncated, kept > 0 && !ends.includes(kept));
        // It goes on behind the last whole line.
        const open = reopenRun(path, { spec: spec(7), provenance });
        open.append(epochRecord(whole + 1, 3));
        assert.is(readRun(path).epochs.length, whole + 1);
        assert.not(readRun(path).truncated);
      },
    ),
    { numRuns: 40 },
  );
});

const record: ExperimentRecord = { ...experiment, seeds: [7] };
const comparison = openComparison(folder, {
  dendrite: '0.1.0',
  given: { rules: ['backprop'] },
  experiment: record,
  conditions,
  dataset: spec(7).dataset,
  device: spec(7).device,
  plugins: [],
  checkpoints: { keep: 'last', seconds: null },
  runs: [{ condition: 'backprop', seed: 7, folder: 'backprop-seed-7' }],
}).folder;
const run = join(comparison, 'backprop-seed-7');
const open = openRun(run, { spec: spec(7), provenance: { ...provenance, resumed: [provenance] } });
for (const epoch of [1, 2]) {
  open.append(epochRecord(epoch, 5));
  addCheckpoint(run, checkpointAfter(epoch), 'last');
}
open.finish({ status: 'finished', statesHash: 'ab'.repeat(32), notes: ['a note'], device });

const FILES = [
  'experiment.json',
  ...['config.json', 'provenance.json', 'metrics.jsonl', 'status.json'].map((name) =>
    join('backprop-seed-7', name),
  ),
].map((name) => join(comparison, name));
const contents = new Map(FILES.map((path) => [path, readFileSync(path)]));

/** Keys that lead to any part of a JSON value. */
function placesIn(value: unknown, place: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, part]) => placesIn(part, [...place, key]))];
}

/** A copy with another part, or without it. */
function withPart(value: unknown, [key, ...rest]: readonly string[], part: unknown): unknown {
  if (key === undefined) return part;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  const changed = withPart(copy[key], rest, part);
  if (changed === undefined) delete copy[key];
  else copy[key] = changed;
  return copy;
}

/** What a damaged file holds in place of its bytes. */
const damages: fc.Arbitrary<(bytes: Buffer) => Uint8Array> = fc.oneof(
  fc.uint8Array().map((bytes) => () => bytes),
  fc.json().map((text) => () => Buffer.from(text)),
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((part) => (bytes: Buffer) => bytes.subarray(0, part * bytes.length)),
  {
    weight: 6,
    // JSON with another part, any one as likely as another, or without one.
    arbitrary: fc
      .tuple(fc.noBias(fc.nat(9999)), fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 })))
      .map(([which, part]) => (bytes: Buffer) => {
        const value = JSON.parse(bytes.toString().split('\n{"')[0]!);
        const places = placesIn(value);
        const changed = withPart(value, places[which % places.length]!, part);
        return Buffer.from(changed === undefined ? '' : `${JSON.stringify(changed)}\n`);
      }),
  },
);

const isDocument = new Ajv2020({ allowUnionTypes: true }).compile(comparisonJsonSchema());

test('whatever stands in the files of a comparison and a run, they are read, or it is one sentence that names one', () => {
  let [read, refused] = [0, 0];
  fc.assert(
    fc.property(fc.constantFrom(...FILES), damages, (path, damage) => {
      writeFileSync(path, damage(contents.get(path)!));
      try {
        const sentence = outcomeOf(() => {
          const { document, experiment, runs } = readExperiment(comparison);
          assert.ok(isDocument(document), JSON.stringify(isDocument.errors));
          for (const { provenance } of runs) {
            assert.type(provenance.dendrite, 'string');
            assert.ok((provenance.resumed ?? []).every(({ cores }) => cores > 0));
          }
          assert.type(comparisonTable(document, { width: 100, colour: false }), 'string');
          assert.ok(experiment.conditions.length > 0);
        });
        if (sentence === null) read++;
        else {
          refused++;
          assert.ok(sentence.includes(path), `${path}: ${sentence}`);
        }
        const { error } = withFault(null, () => void reopenRun(run, { spec: spec(7), provenance }));
        const again = error === null ? null : sentenceOf(error);
        if (again !== null) assert.ok(again.includes(path), `${path}: ${again}`);
      } finally {
        for (const [file, bytes] of contents) writeFileSync(file, bytes);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(read > 20 && refused > 20, `${read} ${refused}`);
});

test('a checkpoint that is damaged in any way is passed over for the one before', () => {
  const [older, newest] = [1, 2].map((epochs) =>
    join(run, 'checkpoints', `step-${10 * epochs}.safetensors`),
  ) as [string, string];
  const bytes = encodeCheckpoint(checkpointAfter(2));
  const at = fc.nat(bytes.length - 1);
  const damage: fc.Arbitrary<(copy: Uint8Array) => Uint8Array> = fc.oneof(
    at.map((length) => (copy: Uint8Array) => copy.subarray(0, length)),
    fc.uint8Array({ minLength: 1 }).map((more) => (copy: Uint8Array) => Buffer.concat([copy, more])),
    fc.uint8Array().map((other) => () => other),
    fc.tuple(at, at, fc.nat(255)).map(
      ([from, to, byte]) =>
        (copy: Uint8Array) =>
          copy.fill(byte, from, to + 1),
    ),
    fc.array(fc.tuple(at, fc.nat(7)), { minLength: 1, maxLength: 5 }).map((flips) => (copy: Uint8Array) => {
      for (const [i, bit] of flips) copy[i]! ^= 1 << bit;
      return copy;
    }),
    // A sector that never came to the disk.
    fc
      .nat(Math.floor(bytes.length / 64))
      .map((sector) => (copy: Uint8Array) => copy.fill(0, 64 * sector, 64 * sector + 64)),
  );
  fc.assert(
    fc.property(damage, (change) => {
      const damaged = change(bytes.slice());
      writeFileSync(newest, damaged);
      const { found, damaged: sentences } = newestCheckpoint(run);
      if (Buffer.compare(damaged, bytes) === 0) {
        assert.equal(found?.checkpoint, checkpointAfter(2));
        return;
      }
      assert.is(found?.path, older);
      assert.equal(found?.checkpoint, checkpointAfter(1));
      assert.is(sentences.length, 1);
      assert.match(
        sentences[0]!,
        /^\S+step-20\.safetensors is no checkpoint of Dendrite, or is damaged \([^\n]+$/,
      );
      assert.equal(trainedCheckpoint(run).notes.length, 1);
    }),
    { numRuns: 300 },
  );
  truncateSync(newest, 0);
  truncateSync(older, 0);
  assert.match(outcomeOf(() => trainedCheckpoint(run))!, 'are all damaged');
});

test.run();
