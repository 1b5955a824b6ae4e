import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import type { Dataset } from './dataset.ts';
import { defineDataset } from './definition.ts';
import { GzipError, gunzip, isGzip } from './gzip.ts';
import { type Idx, type IdxContent, IdxParser, makeIdxDataset } from './idx.ts';
import { unreadable } from './unreadable.ts';

const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
const NEEDED = `an IDX folder holds ${Object.values(FILES).join(', ')}, each plain or .gz; both files of labels may be left out`;
const CHUNK = 1 << 18;

export const idxFolder = defineDataset({
  name: 'idx',
  argument: 'folder',
  title: 'a folder with the IDX files of MNIST, Fashion-MNIST, KMNIST, ..., plain or .gz',
  train: null,
  test: null,
  source: 'your own files',
  licence: 'that of the files',
  load: ({ name, argument }) =>
    loadIdxFolder(argument, {
      name,
      title: `IDX files in ${argument}`,
      comparable: `trained and tested on the files in ${argument}: comparable only with figures published for the same files`,
    }),
});

/**
 * Reads the IDX files of a folder: images, and labels unless both files of them are missing.
 * @throws UserError when the folder or a file is missing, unreadable or wrong, or the files do not fit together
 */
export async function loadIdxFolder(
  folder: string,
  about: Pick<Dataset, 'name' | 'title' | 'comparable'>,
): Promise<Dataset> {
  const paths = await findFiles(folder);
  const labels = async (path: string | null): Promise<Idx | null> =>
    path === null ? null : await readIdx(path, 'labels');
  return makeIdxDataset(
    {
      trainLabels: await labels(paths.trainLabels),
      testLabels: await labels(paths.testLabels),
      trainImages: await readIdx(paths.trainImages, 'images'),
      testImages: await readIdx(paths.testImages, 'images'),
    },
    about,
  );
}

interface Paths {
  readonly trainImages: string;
  readonly testImages: string;
  /** Both null: there are no labels. */
  readonly trainLabels: string | null;
  readonly testLabels: string | null;
}

async function findFiles(folder: string): Promise<Paths> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(`the folder '${folder}'`, error, NEEDED);
  });
  const find = (file: string): string | null => {
    const dotted = file.replace('-idx', '.idx');
    const spelled = [file, dotted, `${file}.gz`, `${dotted}.gz`].flatMap((spelling) =>
      entries.filter(({ name }) => name === spelling),
    );
    // Some archives hold a folder of the same name beside the file.
    const entry = spelled.find((found) => !found.isDirectory()) ?? spelled[0];
    return entry ? join(folder, entry.name) : null;
  };
  const need = (file: string): string => {
    const path = find(file);
    if (!path) throw new UserError(`the folder '${folder}' holds no ${file}; ${NEEDED}`);
    return path;
  };
  const images = { trainImages: need(FILES.trainImages), testImages: need(FILES.testImages) };
  if (!find(FILES.trainLabels) && !find(FILES.testLabels))
    return { ...images, trainLabels: null, testLabels: null };
  return { ...images, trainLabels: need(FILES.trainLabels), testLabels: need(FILES.testLabels) };
}

/**
 * Reads one IDX file, plain or gzip (told apart by content, not by name), straight into shared memory.
 * @throws UserError when it cannot be read, or is not a whole and non-empty IDX file of this content
 */
export async function readIdx(path: string, content: IdxContent): Promise<Idx> {
  const parser = new IdxParser(path, content);
  try {
    const found = await stat(path);
    if (!found.isFile())
      throw new UserError(
        `${path} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}, where a file should be; put the file itself there`,
      );
    await using file = await open(path);
    const start = new Uint8Array(2);
    await file.read(start, 0, 2, 0);
    if (isGzip(start)) await unpackInto(parser, await file.readFile());
    else {
      const chunks = file.createReadStream({ start: 0, highWaterMark: CHUNK, autoClose: false });
      for await (const chunk of chunks) parser.write(chunk);
    }
    return parser.end();
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof GzipError)
      throw new UserError(`${path} is a damaged gzip file (${error.message}); download it again`);
    throw unreadable(path, error, 'it should be a file that you may read');
  }
}

/** Unpacks to the end even if the parser refuses, for what it refuses may come from damage that shows only there. */
async function unpackInto(parser: IdxParser, packed: Uint8Array): Promise<void> {
  let refusal: { error: unknown } | null = null;
  for await (const chunk of gunzip(packed)) {
    if (refusal) continue;
    try {
      parser.write(chunk);
    } catch (error) {
      refusal = { error };
    }
  }
  if (refusal) throw refusal.error;
}
