import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../kernels/index.ts';
import { type Dataset, makeSplit, sharedBytes } from './dataset.ts';
import { unreadable } from './unreadable.ts';

type Content = 'images' | 'labels';

/** An IDX file of unsigned bytes. */
export interface Idx {
  /** Count, then for images height and width. */
  readonly dimensions: readonly number[];
  /** The values in shared memory, last dimension fastest. */
  readonly values: Uint8Array;
}

/** Magic number: two zero bytes, the type (8: unsigned byte), the number of dimensions. */
const MAGIC: Record<Content, number> = { images: 0x00000803, labels: 0x00000801 };
const DIMENSIONS: Record<Content, number> = { images: 3, labels: 1 };
const GZIP_MAGIC = 0x1f8b;
const CHUNK = 1 << 18;

const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;
const NEEDED = `an IDX folder holds ${Object.values(FILES).join(', ')}, each plain or .gz`;

/**
 * Reads the four IDX files of a folder (LeCun, Cortes & Burges, "The MNIST database of handwritten digits"). The
 * number of classes is the largest training label + 1, at least 2.
 * @throws UserError when the folder or a file is missing, unreadable or wrong, or the files do not fit together
 */
export async function loadIdxFolder(
  folder: string,
  about: Pick<Dataset, 'name' | 'title' | 'comparable'>,
): Promise<Dataset> {
  const paths = await findFiles(folder);
  const trainLabels = await readIdx(paths.trainLabels, 'labels');
  const testLabels = await readIdx(paths.testLabels, 'labels');
  const classes = trainLabels.values.reduce((most, label) => Math.max(most, label + 1), 2);
  checkLabels(paths.testLabels, testLabels, classes);
  const trainImages = await readIdx(paths.trainImages, 'images');
  const testImages = await readIdx(paths.testImages, 'images');
  checkCounts(paths.trainImages, trainImages, paths.trainLabels, trainLabels);
  checkCounts(paths.testImages, testImages, paths.testLabels, testLabels);
  const [, height, width] = trainImages.dimensions as [number, number, number];
  const [, testHeight, testWidth] = testImages.dimensions;
  if (testHeight !== height || testWidth !== width)
    throw new UserError(
      `${paths.testImages} holds images of ${testHeight}x${testWidth} pixels but ${paths.trainImages} of ` +
        `${height}x${width}; both must come from one dataset`,
    );
  return {
    ...about,
    classes,
    width: height * width,
    shape: [height, width],
    train: makeSplit('training', trainImages.values, trainLabels.values, height * width, classes),
    test: makeSplit('test', testImages.values, testLabels.values, height * width, classes),
    validation: null,
  };
}

async function findFiles(folder: string): Promise<Record<keyof typeof FILES, string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw unreadable(`the folder '${folder}'`, error, NEEDED);
  });
  const find = (file: string): string => {
    const dotted = file.replace('-idx', '.idx');
    const name = [file, dotted, `${file}.gz`, `${dotted}.gz`].find((spelling) => names.includes(spelling));
    if (!name) throw new UserError(`the folder '${folder}' holds no ${file}; ${NEEDED}`);
    return join(folder, name);
  };
  return {
    trainImages: find(FILES.trainImages),
    trainLabels: find(FILES.trainLabels),
    testImages: find(FILES.testImages),
    testLabels: find(FILES.testLabels),
  };
}

/**
 * Reads one IDX file, plain or gzip (told apart by content, not by name), straight into shared memory.
 * @throws UserError when it cannot be read, or is not a whole and non-empty IDX file of this content
 */
export async function readIdx(path: string, content: Content): Promise<Idx> {
  try {
    await using file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    const bytes = file.createReadStream({ start: 0, highWaterMark: CHUNK, autoClose: false });
    const collected = (chunks: AsyncIterable<Buffer>): Promise<Idx> => collect(path, content, chunks);
    return buffer.readUInt16BE() === GZIP_MAGIC
      ? await pipeline(bytes, createGunzip({ chunkSize: CHUNK }), collected)
      : await pipeline(bytes, collected);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw new UserError(`${path} is a damaged gzip file (${(error as Error).message}); download it again`);
    throw unreadable(path, error, 'it should be a file that you may read');
  }
}

async function collect(path: string, content: Content, chunks: AsyncIterable<Buffer>): Promise<Idx> {
  const header = Buffer.alloc(4 + 4 * DIMENSIONS[content]);
  let idx: Idx | null = null;
  let expected = header.length;
  let found = 0;
  for await (const chunk of chunks) {
    const headerPart = Math.min(chunk.length, Math.max(0, header.length - found));
    if (headerPart > 0) header.set(chunk.subarray(0, headerPart), found);
    found += chunk.length;
    if (found < header.length) continue;
    idx ??= readHeader(path, content, header);
    expected = header.length + idx.values.length;
    if (found > expected)
      throw new UserError(
        `${path} is too long: its header promises ${expected} bytes in all but more follow; download it again`,
      );
    const body = chunk.subarray(headerPart);
    idx.values.set(body, found - header.length - body.length);
  }
  if (!idx || found < expected)
    throw new UserError(
      `${path} is truncated: expected ${expected} bytes${idx ? '' : ' of header at least'}, found ${found}; download it again`,
    );
  return idx;
}

function readHeader(path: string, content: Content, header: Buffer): Idx {
  const magic = header.readUInt32BE(0);
  if (magic !== MAGIC[content]) {
    const other = content === 'images' ? 'labels' : 'images';
    throw new UserError(
      `${path} is not an IDX file of ${content}: expected the magic number ${hex(MAGIC[content])}, found ${hex(magic)}` +
        (magic === MAGIC[other] ? `, which marks ${other}; were two files swapped?` : '; download it again'),
    );
  }
  const dimensions = Array.from({ length: DIMENSIONS[content] }, (_, i) => header.readUInt32BE(4 + 4 * i));
  const size = dimensions.reduce((product, length) => product * length, 1);
  if (size === 0)
    throw new UserError(
      `${path} is empty: its header promises ${describe(content, dimensions)}; give a file with examples`,
    );
  try {
    return { dimensions, values: sharedBytes(size) };
  } catch {
    throw new UserError(
      `${path} promises ${describe(content, dimensions)} in its header, more than fits into memory; download it again`,
    );
  }
}

function describe(content: Content, [count, height, width]: number[]): string {
  return content === 'images' ? `${count} images of ${height}x${width} pixels` : `${count} labels`;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

function checkLabels(path: string, labels: Idx, classes: number): void {
  const row = labels.values.findIndex((label) => label >= classes);
  if (row >= 0)
    throw new UserError(
      `${path} holds the label ${labels.values[row]} (example ${row}) but the training labels only go up to ` +
        `${classes - 1}; both must come from one dataset`,
    );
}

function checkCounts(imagesPath: string, images: Idx, labelsPath: string, labels: Idx): void {
  if (images.dimensions[0] !== labels.dimensions[0])
    throw new UserError(
      `${imagesPath} holds ${images.dimensions[0]} images but ${labelsPath} ${labels.dimensions[0]} labels; ` +
        'each image needs one label',
    );
}
