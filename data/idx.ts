import { UserError } from '../kernels/index.ts';
import { countClasses, type Dataset, makeDataset, sharedBytes } from './dataset.ts';

/** What a file holds. */
export type IdxContent = 'images' | 'labels';

/** An IDX file of unsigned bytes. */
export interface Idx {
  /** What messages call it: its path. */
  readonly name: string;
  /** Count, then for images height and width. */
  readonly dimensions: readonly number[];
  /** The values in shared memory, last dimension fastest. */
  readonly values: Uint8Array;
}

/** The IDX files of a dataset; no labels for either split, or for both. */
export interface IdxFiles {
  readonly trainImages: Idx;
  readonly trainLabels: Idx | null;
  readonly testImages: Idx;
  readonly testLabels: Idx | null;
}

const DIMENSIONS: Record<IdxContent, readonly string[]> = {
  images: ['count', 'height', 'width'],
  labels: ['count'],
};

/** Magic number: two zero bytes, the type (8: unsigned bytes), the number of dimensions. */
const MAGIC: Record<IdxContent, string> = { images: '00000803', labels: '00000801' };
const UNSIGNED_BYTES = 8;
const TYPES: Readonly<Record<number, string>> = {
  [UNSIGNED_BYTES]: 'unsigned bytes',
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

/** First bytes of packed files, which people give in place of what is in them. */
const PACKED: readonly (readonly [magic: string, format: string])[] = [
  ['1f8b', 'gzip'],
  ['1f9d', 'compress'],
  ['504b0304', 'ZIP'],
  ['425a68', 'bzip2'],
  ['fd377a58', 'xz'],
  ['28b52ffd', 'Zstandard'],
];

/**
 * Reads an IDX file of images (3 dimensions) or labels (1) that is in memory, not packed.
 * @param name what messages call it
 * @throws UserError when it is not a whole and non-empty IDX file of this content
 */
export function parseIdx(bytes: Uint8Array, content: IdxContent, name: string): Idx {
  const parser = new IdxParser(name, content);
  parser.write(bytes);
  return parser.end();
}

/** Reads an IDX file chunk by chunk, straight into shared memory. See `parseIdx`. */
export class IdxParser {
  readonly #name: string;
  readonly #content: IdxContent;
  readonly #header: Uint8Array;
  #idx: Idx | null = null;
  #found = 0;

  constructor(name: string, content: IdxContent) {
    this.#name = name;
    this.#content = content;
    this.#header = new Uint8Array(4 + 4 * DIMENSIONS[content].length);
  }

  write(chunk: Uint8Array): void {
    const header = this.#header;
    const headerPart = Math.min(chunk.length, Math.max(0, header.length - this.#found));
    if (headerPart > 0) header.set(chunk.subarray(0, headerPart), this.#found);
    this.#found += chunk.length;
    if (this.#found < header.length) return;
    this.#idx ??= readHeader(this.#name, this.#content, header);
    const expected = header.length + this.#idx.values.length;
    if (this.#found > expected)
      throw new UserError(
        `${this.#name} is too long: its header promises ${expected} bytes in all but more follow; download it again`,
      );
    const body = chunk.subarray(headerPart);
    this.#idx.values.set(body, this.#found - header.length - body.length);
  }

  end(): Idx {
    const expected = this.#header.length + (this.#idx?.values.length ?? 0);
    if (this.#idx && this.#found === expected) return this.#idx;
    // A short file may be one of another kind.
    if (this.#found >= 4) checkMagic(this.#name, this.#content, this.#header);
    throw new UserError(
      `${this.#name} is truncated: expected ${expected} bytes${this.#idx ? '' : ' of header at least'}, ` +
        `found ${this.#found}; download it again`,
    );
  }
}

function readHeader(name: string, content: IdxContent, header: Uint8Array): Idx {
  checkMagic(name, content, header);
  const view = new DataView(header.buffer);
  const dimensions = DIMENSIONS[content].map((_, i) => view.getUint32(4 + 4 * i));
  const size = dimensions.reduce((product, length) => product * length, 1);
  if (size === 0)
    throw new UserError(
      `${name} is empty: its header promises ${describe(content, dimensions)}; give a file with examples`,
    );
  try {
    return { name, dimensions, values: sharedBytes(size) };
  } catch {
    throw new UserError(
      `${name} promises ${describe(content, dimensions)} in its header, more than fits into memory; give a smaller file`,
    );
  }
}

function checkMagic(name: string, content: IdxContent, header: Uint8Array): void {
  const magic = hex(header);
  if (magic === MAGIC[content]) return;
  const [, , type, rank] = header as unknown as [number, number, number, number];
  const other = content === 'images' ? 'labels' : 'images';
  if (magic.startsWith('0000') && type in TYPES && magic !== MAGIC[other])
    throw new UserError(
      `${name} holds ${TYPES[type]} in ${dimensionsOf(rank)}, but ${content} must be ${TYPES[UNSIGNED_BYTES]} in ` +
        `${dimensionsOf(DIMENSIONS[content].length)} (${DIMENSIONS[content].join(', ')}); convert it`,
    );
  const packed = PACKED.find(([start]) => magic.startsWith(start));
  if (packed)
    throw new UserError(
      `${name} holds ${packed[1]} data where the bytes of an IDX file should be; unpack it (plain files, and files packed ` +
        'once with gzip, are read)',
    );
  throw new UserError(
    `${name} is not an IDX file of ${content}: expected the magic number 0x${MAGIC[content]}, found 0x${magic}` +
      (magic === MAGIC[other] ? `, which marks ${other}; were two files swapped?` : '; download it again'),
  );
}

/** The first four bytes. */
const hex = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');

const dimensionsOf = (count: number): string => (count === 1 ? '1 dimension' : `${count} dimensions`);

function describe(content: IdxContent, [count, height, width]: number[]): string {
  return content === 'images' ? `${count} images of ${height}x${width} pixels` : `${count} labels`;
}

/**
 * The dataset of the two or four IDX files (LeCun, Cortes & Burges, "The MNIST database of handwritten digits"). The
 * number of classes is the largest training label + 1, at least 2.
 * @throws UserError when the files do not fit together
 */
export function makeIdxDataset(
  { trainImages, trainLabels, testImages, testLabels }: IdxFiles,
  about: Pick<Dataset, 'name' | 'title' | 'comparable'>,
): Dataset {
  const [, height, width] = trainImages.dimensions as [number, number, number];
  const [, testHeight, testWidth] = testImages.dimensions;
  if (testHeight !== height || testWidth !== width)
    throw new UserError(
      `${testImages.name} holds images of ${testHeight}x${testWidth} pixels but ${trainImages.name} of ` +
        `${height}x${width}; both must come from one dataset`,
    );
  if (trainLabels && testLabels) {
    checkClasses(testLabels, countClasses(trainLabels.values));
    checkCounts(trainImages, trainLabels);
    checkCounts(testImages, testLabels);
  }
  return makeDataset({
    ...about,
    shape: [height, width],
    train: { images: trainImages.values, labels: trainLabels?.values ?? null },
    test: { images: testImages.values, labels: testLabels?.values ?? null },
  });
}

function checkClasses({ name, values }: Idx, classes: number): void {
  const row = values.findIndex((label) => label >= classes);
  if (row >= 0)
    throw new UserError(
      `${name} holds the label ${values[row]} (example ${row}) but the training labels only go up to ` +
        `${classes - 1}; both must come from one dataset`,
    );
}

function checkCounts(images: Idx, labels: Idx): void {
  if (images.dimensions[0] !== labels.dimensions[0])
    throw new UserError(
      `${images.name} holds ${images.dimensions[0]} images but ${labels.name} ${labels.dimensions[0]} labels; ` +
        'each image needs one label',
    );
}
