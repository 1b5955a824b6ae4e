import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ExportFormat, type ExportOptions, exportFolder } from '../../results/index.ts';
import type { SavedTensor } from '../../training/index.ts';
import { execute } from '../cli/dendrite.ts';
import { pythonWith, readWithPython } from '../python.ts';
import { epochRecord } from './example.ts';
import { storeRun } from './stored-run.ts';

/** Weights in formats of other programs, read by other programs. */
const test: Test<{ folder: string; run: string }> = suite('export of weights', { folder: '', run: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-export-'));
  context.run = join(context.folder, 'backprop-seed-7');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** Floats of all magnitudes, and what is written in a way of its own. */
const ODD = [
  0.1,
  -0,
  0,
  1e-45,
  -3.4028234663852886e38,
  1 / 3,
  16777217,
  Infinity,
  -Infinity,
  NaN,
  1e21,
  1e-7,
];
const COLUMNS = 12;
const ROWS = 50;
/** Of a simple generator: every pattern of bits is a float. */
const anyBits = Uint32Array.from({ length: COLUMNS * (ROWS - 1) }, (_, i) => Math.imul(i + 1, 2654435761));
const values = Float32Array.of(...ODD, ...new Float32Array(anyBits.buffer));

const states = new Map<string, SavedTensor>([
  ['weights 1', { rows: ROWS, columns: COLUMNS, values }],
  ['bias 1', { rows: 1, columns: 3, values: Float32Array.of(1, 2, 3) }],
  ['feedback from output to hidden 1', { rows: 3, columns: 1, values: Float32Array.of(4, 5, 6) }],
  ['../ümlaut/%20', { rows: 1, columns: 1, values: Float32Array.of(7) }],
]);
const rowStores = new Map<string, SavedTensor>([
  ['particles of hidden 1', { rows: 2, columns: 2, values: Float32Array.of(1, 2, 3, 4) }],
]);

const CSV_PATHS: Record<string, string> = {
  'weights 1': 'weights 1.csv',
  'bias 1': 'bias 1.csv',
  'feedback from output to hidden 1': 'feedback from output to hidden 1.csv',
  '../ümlaut/%20': '..%2F%C3%BCmlaut%2F%2520.csv',
  'rows/particles of hidden 1': join('rows', 'particles of hidden 1.csv'),
};

interface Read {
  readonly shape: number[];
  readonly bits: number[];
}

/** All NaNs are one: texts have no others. */
const NAN_BITS = 0x7fc00000;
const isNaNBits = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;
const oneNaN = (bits: readonly number[]): number[] => bits.map((one) => (isNaNBits(one) ? NAN_BITS : one));

const bitsOf = ({ values: { buffer, byteOffset, length } }: SavedTensor): number[] => [
  ...new Uint32Array(buffer, byteOffset, length),
];

/** What a reader should find, by the name that it has there. */
const expected = (format: ExportFormat, all: boolean): Map<string, Read> =>
  new Map(
    [...states, ...(all ? [...rowStores].map(([name, one]) => [`rows/${name}`, one] as const) : [])].map(
      ([name, tensor]) => [
        format === 'csv' ? CSV_PATHS[name]! : name,
        {
          shape: [tensor.rows, tensor.columns],
          bits: format === 'csv' ? oneNaN(bitsOf(tensor)) : bitsOf(tensor),
        },
      ],
    ),
  );

const outOf = (folder: string, format: ExportFormat): string => join(folder, 'deep', `out.${format}`);

const numpy = pythonWith('numpy');
for (const format of ['npz', 'safetensors', 'csv'] as const)
  for (const all of [false, true]) {
    const title = `Python reads ${format} to the same bits${all ? ', row stores too' : ''}`;
    if (numpy === null) {
      console.log(`skipped, ${title}: there is no python3 with numpy`);
      test.skip(title);
      continue;
    }
    test(title, async ({ folder, run }) => {
      storeRun(run, [epochRecord(1, 9)], { states, rowStores });
      const out = outOf(folder, format);
      const exported = await exportFolder(run, { format, out, all });
      assert.is(exported.path, out);
      assert.is(exported.content, `${all ? 5 : 4} tensors after 1,600 minibatches`);
      assert.equal(exported.notes, []);
      const read = await readWithPython<Record<string, Read>>(numpy, 'results/read-tensors.py', format, out);
      const found = Object.entries(read).map(([name, { shape, bits }]): [string, Read] => [
        name,
        { shape, bits: format === 'csv' ? oneNaN(bits) : bits },
      ]);
      const byName = ([a]: [string, Read], [b]: [string, Read]) => (a < b ? -1 : 1);
      assert.equal(found.sort(byName), [...expected(format, all)].sort(byName));
    });
  }

const safetensors = pythonWith('safetensors', 'numpy');
const byPackage = "Python's package safetensors reads what is exported, and checkpoints themselves";
if (safetensors === null) {
  console.log(`skipped, ${byPackage}: there is no python3 with safetensors`);
  test.skip(byPackage);
} else
  test(byPackage, async ({ folder, run }) => {
    storeRun(run, [epochRecord(1, 9)], { states, rowStores });
    const out = join(folder, 'out.safetensors');
    await exportFolder(run, { format: 'safetensors', out });
    const program =
      'import sys\nfrom safetensors.numpy import load_file\n' +
      "print([sorted(load_file(path)) for path in sys.argv[1:]][0][-1], load_file(sys.argv[2])['state/bias 1'])";
    const checkpoint = join(run, 'checkpoints', 'step-1600.safetensors');
    const { stdout, stderr } = await execute(safetensors, ['-c', program, out, checkpoint]);
    assert.is(stdout, 'weights 1 [[1. 2. 3.]]\n', stderr);
  });

test('the metadata of safetensors say what was trained', async ({ folder, run }) => {
  storeRun(run, [epochRecord(1, 9)], { states });
  const out = join(folder, 'out.safetensors');
  await exportFolder(run, { format: 'safetensors', out });
  const bytes = readFileSync(out);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
  const { settings, ...metadata } = header.__metadata__;
  assert.is(JSON.parse(settings).batch, 100);
  assert.equal(metadata, {
    dendrite: metadata.dendrite,
    ...{ rule: 'backprop', condition: 'backprop', seed: '7', step: '1600' },
    ...{ dataset: 'mnist', task: 'classify', options: '{}' },
  });
});

test('the same weights make the same bytes', async ({ folder, run }) => {
  storeRun(run, [epochRecord(1, 9)], { states });
  for (const format of ['npz', 'safetensors'] as const) {
    const files = ['a', 'b'].map((name) => join(folder, `${name}.${format}`));
    for (const out of files) {
      await exportFolder(run, { format, out });
      // The archive would hold the time in steps of two seconds.
      if (format === 'npz' && out === files[0]) await new Promise((done) => setTimeout(done, 2100));
    }
    assert.equal(readFileSync(files[0]!), readFileSync(files[1]!));
  }
});

test('the newest whole checkpoint is exported, and a damaged one that is newer is named', async ({
  folder,
  run,
}) => {
  storeRun(run, [epochRecord(1, 9)], { states });
  const damaged = join(run, 'checkpoints', 'step-3200.safetensors');
  writeFileSync(damaged, readFileSync(join(run, 'checkpoints', 'step-1600.safetensors')).subarray(0, -1));
  const { content, notes } = await exportFolder(run, { format: 'npz', out: join(folder, 'out.npz') });
  assert.is(content, '4 tensors after 1,600 minibatches');
  assert.is(notes.length, 1);
  assert.match(notes[0]!, /^the weights are those after 1600 minibatches, as \S+step-3200\.safetensors is /);
});

/** Checks that an export is refused in one sentence, and writes nothing. */
async function refused(run: string, options: ExportOptions, pattern: RegExp): Promise<void> {
  const before = existsSync(options.out!) ? readFileSync(options.out!) : null;
  try {
    await exportFolder(run, options);
  } catch (error) {
    assert.is((error as Error).name, 'UserError', (error as Error).stack);
    assert.match((error as Error).message, pattern);
    assert.not((error as Error).message.includes('\n'));
    assert.equal(existsSync(options.out!) ? readFileSync(options.out!) : null, before);
    return;
  }
  assert.unreachable('no error');
}

test('what cannot be exported is one sentence', async ({ folder, run }) => {
  const out = join(folder, 'out');
  await refused(join(folder, 'none'), { format: 'npz', out }, /config\.json cannot be read because it does/);
  await refused(join(folder, 'none'), { format: 'parquet', out }, /holds neither a run nor a comparison/);
  storeRun(run, []);
  const noWeights = /holds no checkpoints, and so no weights; train it again without --checkpoint none$/;
  await refused(run, { format: 'csv', out }, noWeights);
  mkdirSync(join(run, 'checkpoints'));
  writeFileSync(join(run, 'checkpoints', 'step-1.safetensors'), 'x');
  await refused(
    run,
    { format: 'csv', out },
    /the checkpoints of the run \S+ are all damaged; train it again$/,
  );
  await refused(run, { format: 'hdf5' as 'npz', out }, /no format 'hdf5'; the formats are safetensors, npz/);
  await refused(run, { format: 'parquet', all: true, out }, /--all means nothing for parquet/);
  await refused(run, { format: 'parquet', out }, /no run has recorded an epoch yet/);
});

test('what exists is not overwritten without --force', async ({ folder, run }) => {
  storeRun(run, [epochRecord(1, 9)], { states });
  const out = join(folder, 'out.npz');
  writeFileSync(out, 'mine');
  const there = /out\.npz exists already; name another place with --out, or write over it with --force$/;
  await refused(run, { format: 'npz', out }, there);
  await exportFolder(run, { format: 'npz', out, force: true });
  assert.is(readFileSync(out).subarray(0, 2).toString(), 'PK');
  const csv = join(folder, 'csv');
  // An empty folder holds nothing that could be lost.
  mkdirSync(csv);
  await exportFolder(run, { format: 'csv', out: csv });
  try {
    await exportFolder(run, { format: 'csv', out: csv });
    assert.unreachable('no error');
  } catch (error) {
    assert.match((error as Error).message, /csv exists already/);
  }
  await exportFolder(run, { format: 'csv', out: csv, force: true });
  assert.is(readdirSync(csv).length, 4);
});

test('a place that cannot be written is one sentence', async ({ folder, run }) => {
  storeRun(run, [epochRecord(1, 9)], { states });
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await refused(
    run,
    { format: 'npz', out: join(folder, 'file', 'x') },
    /a part of its path is a file|a file has/,
  );
  mkdirSync(join(folder, 'there'));
  const options: ExportOptions = { format: 'npz', out: join(folder, 'there'), force: true };
  try {
    await exportFolder(run, options);
    assert.unreachable('no error');
  } catch (error) {
    assert.match((error as Error).message, /cannot be written because a folder has its name/);
  }
  assert.equal(readdirSync(folder).sort(), ['backprop-seed-7', 'file', 'there']);
});

test.run();
