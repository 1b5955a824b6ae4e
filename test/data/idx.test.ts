import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, loadDataset } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';
import { type Files, idxBytes, refuses, smallFiles, withFolder } from './fixtures.ts';

const test = suite('idx');
const NAMES = Object.keys(smallFiles());
const load = (folder: string): Promise<Dataset> => loadDataset(`idx:${folder}`);

/** Checks the message for the small files with some of them replaced. */
function refused(title: string, replaced: Files, ...texts: string[]): void {
  test(title, () =>
    withFolder({ ...smallFiles(), ...replaced }, async (folder) => {
      const [name] = Object.keys(replaced) as [string];
      await refuses(load(folder), join(folder, name), ...texts);
    }),
  );
}

test('reads the four files', () =>
  withFolder(smallFiles(), async (folder) => {
    const dataset = await load(folder);
    assert.is(dataset.name, `idx:${folder}`);
    assert.is(dataset.classes, 3);
    assert.is(dataset.width, 6);
    assert.equal(dataset.shape, [2, 3]);
    assert.is(dataset.validation, null);
    assert.type(dataset.comparable, 'string');
    const { images, labels } = dataset.train;
    assert.equal([images.count, images.columns, images.encoding], [6, 6, 'scaled']);
    assert.is(images.scale, 1 / 255);
    assert.equal([labels!.count, labels!.columns, labels!.encoding], [6, 3, 'one-hot']);
    assert.equal([...images.values], [...smallFiles()['train-images-idx3-ubyte']!.subarray(16)]);
    assert.equal([...labels!.values], [0, 1, 2, 2, 1, 0]);
    assert.equal([...dataset.test.labels!.values], [2, 1, 0, 1]);
    assert.equal([...dataset.test.images.values], [...smallFiles()['t10k-images-idx3-ubyte']!.subarray(16)]);
  }));

test('spellings and compression do not change what is read', async () => {
  const spellings: ((name: string) => string)[] = [
    (name) => name.replace('-idx', '.idx'),
    (name) => `${name}.gz`,
    (name) => `${name.replace('-idx', '.idx')}.gz`,
  ];
  const read = async (files: Files): Promise<unknown> => {
    let found: unknown;
    await withFolder(files, async (folder) => {
      const { train, test } = await load(folder);
      found = { train, test };
    });
    return found;
  };
  const plain = await read(smallFiles());
  for (const spell of spellings) {
    const renamed = Object.entries(smallFiles()).map(([name, bytes]): [string, Buffer] => {
      const spelled = spell(name);
      return [spelled, spelled.endsWith('.gz') ? gzipSync(bytes) : bytes];
    });
    assert.equal(await read(Object.fromEntries(renamed)), plain);
  }
  // Some programs unpack a download without renaming it, others pack without it.
  const misnamed = Object.entries(smallFiles()).map(([name, bytes], i): [string, Buffer] =>
    i % 2 ? [`${name}.gz`, bytes] : [name, gzipSync(bytes)],
  );
  assert.equal(await read(Object.fromEntries(misnamed)), plain);
});

test('files larger than a chunk arrive whole, plain and gzip', async () => {
  const count = 3000;
  const pixels = Uint8Array.from({ length: count * 200 }, (_, i) => (i * 31 + (i >> 8)) % 256);
  const files = {
    ...smallFiles(),
    'train-images-idx3-ubyte': idxBytes([count, 10, 20], pixels),
    'train-labels-idx1-ubyte': idxBytes([count], new Uint8Array(count)),
    't10k-images-idx3-ubyte': idxBytes([4, 10, 20], new Uint8Array(800)),
    't10k-labels-idx1-ubyte': idxBytes([4], [0, 1, 0, 1]),
  };
  for (const pack of [(bytes: Buffer) => bytes, (bytes: Buffer) => gzipSync(bytes)]) {
    const packed = Object.entries(files).map(([name, bytes]) => [name, pack(bytes)]);
    await withFolder(Object.fromEntries(packed), async (folder) => {
      const { train } = await load(folder);
      assert.is(Buffer.compare(train.images.values, pixels), 0);
      assert.is(train.images.values.buffer.byteLength, pixels.length);
      assert.instance(train.images.values.buffer, SharedArrayBuffer);
    });
  }
});

test('there are at least two classes', () =>
  withFolder(
    {
      ...smallFiles(),
      'train-labels-idx1-ubyte': idxBytes([6], [0, 0, 0, 0, 0, 0]),
      't10k-labels-idx1-ubyte': idxBytes([4], [0, 1, 0, 0]),
    },
    async (folder) => assert.is((await load(folder)).classes, 2),
  ));

test('a missing folder, a file in its place, no folder at all', async () => {
  await refuses(load('/no/such/folder'), '/no/such/folder', 'no such file', 'train-images-idx3-ubyte');
  await withFolder(smallFiles(), (folder) =>
    refuses(load(join(folder, NAMES[0]!)), join(folder, NAMES[0]!), 'not a directory'),
  );
  await refuses(loadDataset('idx:'), 'write idx:<folder>');
});

for (const name of NAMES) {
  test(`missing ${name}`, () =>
    withFolder(smallFiles(), async (folder) => {
      rmSync(join(folder, name));
      await refuses(load(folder), folder, `holds no ${name}`);
    }));
  test(`a folder in place of ${name}`, () =>
    withFolder(smallFiles(), async (folder) => {
      rmSync(join(folder, name));
      mkdirSync(join(folder, name));
      await refuses(load(folder), join(folder, name), 'is a folder, where a file should be');
    }));
}

const isRoot = process.getuid?.() === 0;
if (isRoot) console.log('skipped: unreadable files (root may read everything)');
(isRoot || process.platform === 'win32' ? test.skip : test)('a file without permission to read', () =>
  withFolder(smallFiles(), async (folder) => {
    chmodSync(join(folder, NAMES[1]!), 0);
    await refuses(load(folder), join(folder, NAMES[1]!), 'permission denied');
  }),
);

const whole = smallFiles();
const images = whole['train-images-idx3-ubyte']!;
const labels = whole['train-labels-idx1-ubyte']!;
refused(
  'a truncated file',
  { 'train-images-idx3-ubyte': images.subarray(0, 40) },
  'truncated',
  'expected 52 bytes',
  'found 40',
);
refused(
  'a truncated header',
  { 't10k-labels-idx1-ubyte': labels.subarray(0, 5) },
  'truncated',
  'expected 8 bytes',
  'found 5',
);
refused('a file of no bytes', { 'train-labels-idx1-ubyte': Buffer.alloc(0) }, 'truncated', 'found 0');
refused(
  'bytes after the end',
  { 'train-labels-idx1-ubyte': Buffer.concat([labels, Buffer.alloc(1)]) },
  'too long',
  '14 bytes',
);
refused(
  'labels where images belong',
  { 't10k-images-idx3-ubyte': idxBytes([20], new Uint8Array(20)) },
  'expected the magic number 0x00000803',
  'found 0x00000801',
  'marks labels',
);
refused(
  'images where labels belong',
  { 'train-labels-idx1-ubyte': images },
  'expected the magic number 0x00000801',
  'found 0x00000803',
  'marks images',
);
// Files of fewer bytes than a header of images: still of the wrong kind, not truncated.
refused(
  'a few labels where images belong',
  { 't10k-images-idx3-ubyte': idxBytes([2], [0, 1]) },
  'marks labels',
  'swapped',
);
refused(
  'something else',
  { 'train-labels-idx1-ubyte': Buffer.from('<!DOCTYPE html><html>404</html>') },
  'not an IDX file of labels',
  'found 0x3c21444f',
);
for (const [title, start, ...texts] of [
  ['floats', [0, 0, 13, 3], '32-bit floats in 3 dimensions', 'unsigned bytes in 3 dimensions'],
  ['four dimensions', [0, 0, 8, 4], 'unsigned bytes in 4 dimensions', '3 dimensions (count, height, width)'],
  ['two dimensions', [0, 0, 8, 2], 'unsigned bytes in 2 dimensions'],
  ['no dimensions', [0, 0, 8, 0], 'unsigned bytes in 0 dimensions'],
  ['signed bytes', [0, 0, 9, 3], 'signed bytes in 3 dimensions'],
  ['doubles of one dimension', [0, 0, 14, 1], '64-bit floats in 1 dimension, but images'],
  ['a ZIP archive', [0x50, 0x4b, 3, 4], 'ZIP data', 'unpack it'],
  ['an xz file', [0xfd, 0x37, 0x7a, 0x58], 'xz data'],
] as const)
  for (const size of [4, 40])
    for (const packed of [false, true]) {
      const bytes = Buffer.concat([Buffer.from(start), Buffer.alloc(size - 4)]);
      const name = packed ? 't10k-images-idx3-ubyte.gz' : 't10k-images-idx3-ubyte';
      test(`${title} in ${packed ? 'a packed' : 'an unpacked'} file of ${size} bytes`, async () => {
        const { 't10k-images-idx3-ubyte': _, ...files } = smallFiles();
        await withFolder({ ...files, [name]: packed ? gzipSync(bytes) : bytes }, async (folder) => {
          const message = await refuses(load(folder), join(folder, name), ...texts);
          assert.not.match(message, 'download');
        });
      });
    }
refused(
  'a file packed twice',
  { 'train-labels-idx1-ubyte': gzipSync(gzipSync(labels)) },
  'holds gzip data',
  'packed once',
);
refused(
  'a type that IDX does not have',
  { 'train-labels-idx1-ubyte': Buffer.from([0, 0, 5, 1]) },
  '0x00000501',
);

refused('no images', { 'train-images-idx3-ubyte': idxBytes([0, 2, 3], []) }, 'empty', '0 images of 2x3');
refused('images of no pixels', { 'train-images-idx3-ubyte': idxBytes([6, 0, 3], []) }, 'empty');
refused('no labels', { 'train-labels-idx1-ubyte': idxBytes([0], []) }, 'empty', '0 labels');
refused(
  'more promised than fits into memory',
  { 'train-images-idx3-ubyte': idxBytes([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [1]) },
  '4294967295 images',
  'memory',
);
refused(
  'fewer labels than images',
  { 'train-labels-idx1-ubyte': idxBytes([5], [0, 1, 2, 2, 1]) },
  '6 images',
  '5 labels',
);
for (const [height, width] of [
  [3, 3],
  [2, 2],
] as const)
  refused(
    'test images of another size',
    { 't10k-images-idx3-ubyte': idxBytes([4, height, width], new Uint8Array(4 * height * width)) },
    `${height}x${width} pixels`,
    '2x3',
  );
refused(
  'a test label that was never trained',
  { 't10k-labels-idx1-ubyte': idxBytes([4], [0, 1, 3, 0]) },
  'label 3',
  'example 2',
  'up to 2',
);
refused(
  'gzip with a wrong checksum',
  { 'train-labels-idx1-ubyte': flip(gzipSync(labels), gzipSync(labels).length - 8) },
  'damaged gzip',
);
refused(
  'gzip cut off',
  { 'train-images-idx3-ubyte': gzipSync(images).subarray(0, 30) },
  'damaged gzip',
  'unexpected end',
);

test('what is wrong inside a packed file is said as of the unpacked one', async () => {
  const wrong: Buffer[] = [
    images,
    labels.subarray(0, 5),
    labels.subarray(0, 13),
    Buffer.concat([labels, Buffer.alloc(600000)]),
    idxBytes([5], [0, 1, 2, 2, 1]),
    idxBytes([0], []),
    Buffer.alloc(0),
    Buffer.from('not found'),
  ];
  for (const bytes of wrong) {
    const said: string[] = [];
    for (const packed of [bytes, gzipSync(bytes)])
      await withFolder({ ...smallFiles(), 'train-labels-idx1-ubyte': packed }, async (folder) => {
        said.push((await refuses(load(folder), 'train-labels')).replaceAll(folder, ''));
      });
    assert.is(said[1], said[0]);
  }
});

test('damage is said before what it makes of the header', () => {
  // Stored, not deflated: byte 10 starts the block's header of 5 bytes, byte 17 is the type.
  const stored = gzipSync(labels, { level: 0 });
  return withFolder({ ...smallFiles(), 'train-labels-idx1-ubyte': flip(stored, 17) }, (folder) =>
    refuses(load(folder), 'damaged gzip', 'incorrect data check', 'download it again'),
  );
});

test('a folder beside the packed file of the same name is passed over', async () => {
  const { 'train-labels-idx1-ubyte': bytes, ...files } = smallFiles();
  await withFolder({ ...files, 'train-labels-idx1-ubyte.gz': gzipSync(bytes!) }, async (folder) => {
    mkdirSync(join(folder, 'train-labels-idx1-ubyte'));
    assert.equal([...(await load(folder)).train.labels!.values], [0, 1, 2, 2, 1, 0]);
  });
});

test('a pipe in place of a file is refused at once', async () => {
  await withFolder(smallFiles(), async (folder) => {
    const path = join(folder, NAMES[0]!);
    rmSync(path);
    if (spawnSync('mkfifo', [path]).status !== 0) return console.log('skipped: pipes (there is no mkfifo)');
    await refuses(load(folder), path, 'not a regular file');
  });
});

test('a folder without files of labels is a dataset without labels', async () => {
  const images = Object.fromEntries(Object.entries(smallFiles()).filter(([name]) => name.includes('images')));
  await withFolder(images, async (folder) => {
    const dataset = await loadDataset(`idx:${folder}`, { validation: 2 });
    assert.equal([dataset.classes, dataset.shape], [0, [2, 3]]);
    for (const [split, count] of [
      [dataset.train, 4],
      [dataset.validation!, 2],
      [dataset.test, 4],
    ] as const) {
      assert.is(split.images.count, count);
      assert.is(split.labels, null);
    }
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0x55;
  return copy;
}

/** What every dataset must be, whatever the files held. */
function checkDataset({ classes, shape, width, train, test: held }: Dataset): void {
  assert.ok(classes >= 2);
  assert.is(shape[0] * shape[1], width);
  for (const split of [train, held]) {
    assert.ok(split.images.count > 0);
    assert.is(split.labels!.count, split.images.count);
    assert.is(split.images.values.length, split.images.count * width);
    assert.is(split.labels!.values.length, split.labels!.count);
    assert.ok(split.labels!.values.every((label) => label < classes));
  }
}

test('damaged bytes give a dataset or a UserError, nothing else', async () => {
  const edit = fc.oneof(
    fc.record({ kind: fc.constant('replace'), at: fc.nat(60), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('insert'), at: fc.nat(60), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut'), at: fc.nat(60), byte: fc.constant(0) }),
  );
  const damage = (bytes: Buffer, { kind, at, byte }: { kind: string; at: number; byte: number }): Buffer => {
    const place = at % (bytes.length + 1);
    if (kind === 'cut') return bytes.subarray(0, place);
    return Buffer.concat([
      bytes.subarray(0, place),
      Buffer.from([byte]),
      bytes.subarray(kind === 'insert' ? place : place + 1),
    ]);
  };
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.boolean(),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      async (name, packed, edits) => {
        const files = smallFiles();
        files[name] = edits.reduce(damage, packed ? gzipSync(files[name]!) : files[name]!);
        await withFolder(files, async (folder) => {
          try {
            checkDataset(await load(folder));
          } catch (error) {
            assert.instance(error, UserError, String((error as Error).stack));
            assert.ok((error as Error).message.includes(folder));
            refusals++;
          }
        });
      },
    ),
    { numRuns: 300, seed: 1 },
  );
  assert.ok(refusals > 100, `only ${refusals} of 300 damaged folders were refused`);
});

test.run();
