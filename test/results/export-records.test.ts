import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  collectProvenance,
  exportFolder,
  GrowingEventFiles,
  openComparison,
  openRun,
} from '../../results/index.ts';
import type { Condition, EpochRecord } from '../../training/index.ts';
import { execute } from '../cli/dendrite.ts';
import { pythonWith, readWithPython } from '../python.ts';
import { condition, device, epochRecord, experiment, spec } from './example.ts';
import { storeRun } from './stored-run.ts';

/** Records in formats of other programs, read by other programs. */
const test: Test<{ folder: string }> = suite('export of records', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-export-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const EPOCHS: readonly EpochRecord[] = [
  {
    ...epochRecord(1, 9),
    validationScore: 9.5,
    diagnostics: { angle: { 'input to hidden 1': 61.5, 'hidden 1 to output': null } },
  },
  // A step of more than 32 bits.
  { ...epochRecord(2, 5), examples: 5e9, trainLoss: null, trainScore: null },
];

/** Of storeRun's runs: 2026-01-31T17:05:09.250Z. */
const START = 1769879109.25;
const EVENT_FILE = 'events.out.tfevents.1769879109.dendrite';

interface Event {
  readonly wallTime: number;
  readonly step: number;
  readonly version: string | null;
  readonly scalars: [tag: string, value: number][];
}

const EVENTS: readonly Event[] = [
  { wallTime: START, step: 0, version: 'brain.Event:2', scalars: [] },
  {
    // Each epoch took two seconds of training and half a second of evaluation.
    wallTime: START + 2.5,
    step: 8000,
    version: null,
    scalars: [
      ['loss/train', 0.25],
      ['score/train', 3.5],
      ['score/validation', 9.5],
      ['score/test', 9],
      ['speed/examples per second', 4000],
      ['speed/epoch', 1],
      ['angle/input to hidden 1', 61.5],
    ],
  },
  {
    wallTime: START + 5,
    step: 5e9,
    version: null,
    scalars: [
      ['score/test', 5],
      ['speed/examples per second', 4000],
      ['speed/epoch', 2],
    ],
  },
];

const python = pythonWith('struct');
const title = 'a reader of its own reads the event file of a run, checksums included';
if (python === null) {
  console.log(`skipped, ${title}: there is no python3`);
  test.skip(title);
} else
  test(title, async ({ folder }) => {
    const run = join(folder, 'backprop-seed-7');
    storeRun(run, EPOCHS);
    const out = join(folder, 'logs');
    const { path, content } = await exportFolder(run, { format: 'tensorboard', out });
    assert.equal([path, content], [out, '2 epochs of 1 run']);
    const file = join(out, 'backprop-seed-7', EVENT_FILE);
    assert.equal(await readWithPython<Event[]>(python, 'results/read-events.py', file), [...EVENTS]);
  });

test('an event file that grew with its run is the one that is exported in the end', async ({ folder }) => {
  const run = join(folder, 'backprop-seed-7');
  const provenance = { ...collectProvenance(), device };
  const open = openRun(run, { spec: spec(7), provenance });
  const grown = join(folder, 'grown');
  const files = (await GrowingEventFiles.prepare())(grown);
  const onlyFile = (logs: string): Buffer => {
    const [name, ...others] = readdirSync(join(logs, 'backprop-seed-7'));
    assert.equal(others, []);
    return readFileSync(join(logs, 'backprop-seed-7', name!));
  };
  let before: Buffer = Buffer.alloc(0);
  for (const epoch of [null, ...EPOCHS, epochRecord(3, 4), epochRecord(4, 4)]) {
    if (epoch) open.append(epoch);
    // The third epoch is written with the fourth.
    if (epoch?.epoch === 3) continue;
    files.update(run);
    const now = onlyFile(grown);
    assert.ok(now.length > before.length && now.subarray(0, before.length).equals(before));
    before = now;
  }
  await exportFolder(run, { format: 'tensorboard', out: join(folder, 'exported') });
  assert.equal(onlyFile(join(folder, 'exported')), before);
});

const tensorboard = pythonWith('tensorboard');
const byTensorBoard = 'TensorBoard itself reads the event file';
if (tensorboard === null) {
  console.log(`skipped, ${byTensorBoard}: there is no python3 with tensorboard`);
  test.skip(byTensorBoard);
} else
  test(byTensorBoard, async ({ folder }) => {
    storeRun(join(folder, 'run'), EPOCHS);
    await exportFolder(join(folder, 'run'), { format: 'tensorboard', out: join(folder, 'logs') });
    const program = `
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print(events.Tags()['scalars'][0], [(e.step, e.value) for e in events.Scalars('score/test')])`;
    const { stdout, stderr } = await execute(tensorboard, ['-c', program, join(folder, 'logs', 'run')]);
    assert.is(stdout, 'loss/train [(8000, 9.0), (5000000000, 5.0)]\n', stderr);
  });

/** A comparison of two rules with options of their own, of which one run has not begun. */
function storeComparison(folder: string): string {
  const compared: Condition[] = [
    {
      ...condition('backprop', { learningRate: [0.1, 0.05] }),
      options: { shared: 1, flag: true, mixed: true },
    },
    {
      ...condition('feedback-alignment'),
      recipe: 'published',
      options: { shared: 'word', mixed: 2, scale: 0.5 },
    },
  ];
  const places = compared.flatMap(({ id }) =>
    [1, 2].map((seed) => ({ condition: id, seed, folder: `${id}-seed-${seed}` })),
  );
  const { dataset, device: opened, plugins } = spec(1);
  const comparison = openComparison(folder, {
    dendrite: '0.1.0',
    given: {},
    experiment: { ...experiment, seeds: [1, 2] },
    conditions: compared,
    ...{ dataset, device: opened, plugins, checkpoints: { keep: 'last', seconds: null } },
    runs: places,
  });
  const provenance = { ...collectProvenance(), device };
  for (const [i, { seed, folder: name }] of places.slice(0, 3).entries()) {
    const run = openRun(join(comparison.folder, name), {
      spec: { ...spec(seed), condition: compared[Math.floor(i / 2)]! },
      provenance,
    });
    for (const epoch of EPOCHS.slice(0, seed)) run.append(epoch);
    if (seed === 2) run.finish({ status: 'diverged', reason: 'x' });
  }
  return comparison.folder;
}

const bufferOf = (path: string): ArrayBuffer => new Uint8Array(readFileSync(path)).buffer;

test('a Parquet file has a row for each epoch, with all that belongs to it', async ({ folder }) => {
  const out = join(folder, 'records.parquet');
  const { content } = await exportFolder(storeComparison(folder), { format: 'parquet', out });
  assert.is(content, '4 epochs of 3 runs');
  const rows = await parquetReadObjects({ file: bufferOf(out) });
  const place = (row: Record<string, unknown>) => [row.run, row.condition, row.seed, row.epoch, row.status];
  assert.equal(rows.map(place), [
    ['backprop-seed-1', 'backprop', 1n, 1, 'unfinished'],
    ['backprop-seed-2', 'backprop', 2n, 1, 'diverged'],
    ['backprop-seed-2', 'backprop', 2n, 2, 'diverged'],
    ['feedback-alignment-seed-1', 'feedback-alignment', 1n, 1, 'unfinished'],
  ]);
  const { settings } = condition('backprop', { learningRate: [0.1, 0.05] });
  assert.equal(rows[2], {
    ...{ run: 'backprop-seed-2', condition: 'backprop', label: 'backprop', rule: 'backprop', recipe: null },
    ...{ dataset: 'mnist', task: 'classify', seed: 2n, status: 'diverged', epoch: 2, examples: 5000000000n },
    ...{ initialHash: null, orderHash: null, guards: null },
    multiplyAccumulates: 12e9,
    ...{ trainLoss: null, trainScore: null, validationScore: null, testScore: 5 },
    ...{ seconds: 2, evaluationSeconds: 0.5, examplesPerSecond: 4000, diverged: null },
    'diagnostics.angle.hidden 1 to output': null,
    'diagnostics.angle.input to hidden 1': null,
    // What is not of one kind in all rows is a text.
    ...{ 'options.flag': true, 'options.scale': null, 'options.shared': '1', 'options.mixed': 'true' },
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`settings.${name}`, value])),
    ...{ 'settings.layers': '784,500,10', 'settings.learningRate': '0.1,0.05' },
  });
  assert.is(rows[0]!['diagnostics.angle.input to hidden 1'], 61.5);
  assert.equal(
    [rows[3]!.recipe, rows[3]!['options.scale'], rows[3]!['options.shared']],
    ['published', 0.5, 'word'],
  );
});

test('columns keep their types and order, whatever their values are', async ({ folder }) => {
  const columns = async (name: string, epochs: readonly EpochRecord[]): Promise<string[]> => {
    storeRun(join(folder, name), epochs);
    const out = join(folder, `${name}.parquet`);
    await exportFolder(join(folder, name), { format: 'parquet', out });
    const { children } = parquetSchema(parquetMetadata(bufferOf(out)));
    return children.map(({ element }) => `${element.name} ${element.type}`);
  };
  const some = await columns('some', [epochRecord(1, 9.5)]);
  const nothing = await columns('nothing', [{ ...epochRecord(1, 9), testScore: null, trainLoss: null }]);
  assert.equal(nothing, some);
  assert.ok(some.includes('testScore DOUBLE') && some.includes('seed INT64'), some.join());
  // What is told apart first, then what is measured, then settings.
  assert.is(some[0], 'run BYTE_ARRAY');
  assert.ok(some.indexOf('epoch INT32') < some.indexOf('settings.batch DOUBLE'), some.join());
});

const pandas = pythonWith('pandas', 'pyarrow');
const byPandas = 'pandas reads the Parquet file';
if (pandas === null) {
  console.log(`skipped, ${byPandas}: there is no python3 with pandas and pyarrow`);
  test.skip(byPandas);
} else
  test(byPandas, async ({ folder }) => {
    const out = join(folder, 'records.parquet');
    await exportFolder(storeComparison(folder), { format: 'parquet', out });
    const program =
      "import sys, pandas\nd = pandas.read_parquet(sys.argv[1])\nprint(d.groupby('condition').testScore.mean().to_dict(), d.examples.max())";
    const { stdout, stderr } = await execute(pandas, ['-c', program, out]);
    assert.is(stdout, `{'backprop': ${(9 + 9 + 5) / 3}, 'feedback-alignment': 9.0} 5000000000\n`, stderr);
  });

test('a comparison has a folder of events for each run that has begun', async ({ folder }) => {
  const out = join(folder, 'logs');
  const { content } = await exportFolder(storeComparison(folder), { format: 'tensorboard', out });
  assert.is(content, '4 epochs of 3 runs');
  assert.equal(readdirSync(out).sort(), ['backprop-seed-1', 'backprop-seed-2', 'feedback-alignment-seed-1']);
});

test.run();
