import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as browser from '../../data/browser.ts';
import { hashDataset, loadDataset } from '../../data/index.ts';
import { idxBytes, smallFiles, withFolder } from './fixtures.ts';

const test = suite('data in a browser');
const data = fileURLToPath(new URL('../../data/', import.meta.url));

/** The files of data/ that a file reaches, and what else is imported on the way. */
function reach(entry: string): { files: Set<string>; others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const target = resolve(dirname(file), path!);
      if (path!.startsWith('.') && target.startsWith(data)) visit(target);
      else others.add(path!);
    }
  };
  visit(resolve(data, entry));
  return { files, others };
}

test('the entry point for browsers reaches no module of Node', () => {
  const { files, others } = reach('browser.ts');
  assert.ok(files.size > 5);
  assert.equal([...others], ['../kernels/index.ts']);
  assert.ok(
    [...reach('index.ts').others].some((path) => path.startsWith('node:')),
    'the walk finds such imports',
  );
});

test('IDX bytes in memory make the dataset that their folder makes', () =>
  withFolder(smallFiles(), async (folder) => {
    const files = smallFiles();
    const { makeIdxDataset, parseIdx } = browser;
    const [trainImages, trainLabels, testImages, testLabels] = Object.entries(files).map(([name, bytes]) =>
      parseIdx(bytes, name.includes('images') ? 'images' : 'labels', name),
    );
    const dataset = makeIdxDataset(
      {
        trainImages: trainImages!,
        trainLabels: trainLabels!,
        testImages: testImages!,
        testLabels: testLabels!,
      },
      { name: 'fetched', title: 'fetched', comparable: true },
    );
    assert.is(await hashDataset(dataset), await hashDataset(await loadDataset(`idx:${folder}`)));
    assert.throws(() => parseIdx(idxBytes([3], [1]), 'labels', 'labels.idx'), /labels\.idx is truncated/);
  }));

test('without SharedArrayBuffer the same datasets are made in plain memory', async () => {
  const program = `
    delete globalThis.SharedArrayBuffer;
    const { hashDataset, makeDataset, parseIdx, withValidation } = await import(${JSON.stringify(`${data}browser.ts`)});
    const images = Uint8Array.from({ length: 40 }, (_, i) => i);
    const dataset = makeDataset({
      name: 'plain', title: 'plain', shape: [2, 2], comparable: true,
      train: { images, labels: Uint8Array.from([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]) },
      test: { images: images.slice(0, 4), labels: Uint8Array.from([1]) },
    });
    const idx = parseIdx(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 2, 5, 6]), 'labels', 'labels');
    const split = withValidation(dataset, 4, 0);
    console.log(JSON.stringify({
      hash: await hashDataset(split),
      buffers: [dataset.train.images, split.validation.images, idx].map((table) => table.values.buffer.constructor.name),
      kept: images.join() === Array.from({ length: 40 }, (_, i) => i).join(),
    }));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: resolve(data, '..') },
  );
  assert.ok(stdout, stderr);
  const { hash, buffers, kept } = JSON.parse(stdout);
  assert.equal(buffers, ['ArrayBuffer', 'ArrayBuffer', 'ArrayBuffer']);
  assert.ok(kept, 'the bytes that were given have changed');
  const images = Uint8Array.from({ length: 40 }, (_, i) => i);
  const here = browser.makeDataset({
    name: 'shared',
    title: 'shared',
    shape: [2, 2],
    comparable: true,
    train: { images, labels: Uint8Array.from([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]) },
    test: { images: images.slice(0, 4), labels: Uint8Array.from([1]) },
  });
  assert.is(await hashDataset(browser.withValidation(here, 4, 0)), hash);
});

test.run();
