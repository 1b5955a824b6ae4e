import { type Table, UserError } from '../kernels/index.ts';

/** Images, and their labels where there are any; row i of one belongs to row i of the other. */
export interface Split {
  /** Pixels, one image a row, stored as bytes; a gathered row is the byte / 255. */
  readonly images: Table;
  /** Class numbers from 0, stored as bytes; a gathered row is one-hot. Null: the images have no labels. */
  readonly labels: Table | null;
}

/** What the rows of walks hold: an action, a symbol and a node for each step, three bytes in this order. */
export interface Walks {
  /** How many there are of each; they are numbered from 0. */
  readonly nodes: number;
  readonly actions: number;
  readonly symbols: number;
}

/**
 * What is learned. A plain object whose bytes lie in SharedArrayBuffers where the platform has them: sent to a worker
 * thread with postMessage or workerData, it is shared, not copied. Treat the bytes as read-only.
 */
export interface Dataset {
  /** The name that `loadDataset` was given. */
  readonly name: string;
  /** One line that says what the data are. */
  readonly title: string;
  /** Number of classes, at least 2; 0 when there are no labels. */
  readonly classes: number;
  /** Values an image has: height * width in pixels. */
  readonly width: number;
  /** Height and width of an image in pixels. */
  readonly shape: readonly [height: number, width: number];
  /** An image is a film strip of so many frames, one below the other, each height / frames pixels high. Left out: it is no sequence. */
  readonly frames?: number;
  readonly train: Split;
  readonly test: Split;
  readonly validation: Split | null;
  /** The images are walks, a row of the image for each step; left out: they are not. */
  readonly walks?: Walks;
  /** True, or the reason why test errors must not stand beside published figures without a word. */
  readonly comparable: true | string;
}

/** The bytes of a split. */
export interface SplitBytes {
  /** Pixels, image after image, row by row. */
  readonly images: Uint8Array;
  /** One class number from 0 for each image; left out or null when there are none. */
  readonly labels?: Uint8Array | null;
}

/** What a dataset is made from. */
export interface DatasetParts {
  readonly name: string;
  /** One line that says what the data are. */
  readonly title: string;
  /** Height and width of an image in pixels. */
  readonly shape: readonly [height: number, width: number];
  /** Frames of a film strip, one below the other; left out: an image is no sequence. */
  readonly frames?: number;
  readonly train: SplitBytes;
  readonly test: SplitBytes;
  /** Number of classes; left out: the largest training label + 1, at least 2. */
  readonly classes?: number;
  /** The images are walks, of so many rows as they have steps and three columns; left out: they are not. */
  readonly walks?: Walks;
  /** True, or the reason why test errors must not stand beside published figures without a word. */
  readonly comparable: true | string;
}

/** Zeroed bytes that worker threads share, or plain ones where the platform has no SharedArrayBuffer. */
export const sharedBytes = (length: number): Uint8Array =>
  new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(length) : new SharedArrayBuffer(length),
  );

/** The same bytes where worker threads share them; copied only if they are elsewhere. */
function toShared(bytes: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer === 'undefined' || bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const shared = sharedBytes(bytes.length);
  shared.set(bytes);
  return shared;
}

/**
 * Makes a dataset of bytes in memory.
 * @throws UserError when a split is empty, or images, labels, shape and classes do not fit together
 */
export function makeDataset({ train, test, ...about }: DatasetParts): Dataset {
  const { name, title, shape, frames, walks, comparable } = about;
  const where = `the dataset '${name}'`;
  const [height, width] = shape;
  if (![height, width].every((length) => Number.isInteger(length) && length > 0))
    throw new UserError(`${where} has the shape ${height}x${width}; give height and width in whole pixels`);
  if (walks && width !== 3)
    throw new UserError(
      `${where} has walks of ${width} bytes a step; give an action, a symbol and a node for each`,
    );
  if (frames !== undefined && !(Number.isInteger(frames) && frames > 0 && height % frames === 0))
    throw new UserError(
      `${where} has ${frames} frames, and images of ${height} rows are not so many frames of equal height; give the height of the whole strip`,
    );
  if (!train.labels !== !test.labels)
    throw new UserError(
      `${where} has labels for ${train.labels ? 'training' : 'test'} images only; give them for both or for neither`,
    );
  const classes = train.labels ? (about.classes ?? countClasses(train.labels)) : 0;
  const split = (part: 'training' | 'test', { images, labels = null }: SplitBytes): Split => {
    if (images.length === 0) throw new UserError(`${where} has no ${part} images; give at least one`);
    try {
      return makeSplit(part, toShared(images), labels && toShared(labels), height * width, classes);
    } catch (error) {
      throw error instanceof UserError ? new UserError(`${where}: ${error.message}`) : error;
    }
  };
  return {
    name,
    title,
    classes,
    width: height * width,
    shape: [height, width],
    ...(frames !== undefined && { frames }),
    train: split('training', train),
    test: split('test', test),
    validation: null,
    ...(walks && { walks }),
    comparable,
  };
}

/** The largest label + 1, at least 2. */
export const countClasses = (labels: Uint8Array): number =>
  labels.reduce((most, label) => Math.max(most, label + 1), 2);

/**
 * @param name what the split is for, e.g. 'test'
 * @param images `count * width` bytes
 * @param labels `count` class numbers below `classes`, or null
 * @throws UserError when these do not fit together
 */
export function makeSplit(
  name: string,
  images: Uint8Array,
  labels: Uint8Array | null,
  width: number,
  classes: number,
): Split {
  const count = images.length / width;
  if (!Number.isInteger(count))
    throw new UserError(
      `the ${name} images have ${images.length} bytes, which are not whole images of ${width}; give height * width bytes for each image`,
    );
  if (labels) checkLabels(name, labels, count, classes);
  return {
    images: {
      name: `${name} images`,
      count,
      columns: width,
      values: images,
      encoding: 'scaled',
      scale: 1 / 255,
    },
    labels: labels && {
      name: `${name} labels`,
      count,
      columns: classes,
      values: labels,
      encoding: 'one-hot',
      scale: 1,
    },
  };
}

function checkLabels(name: string, labels: Uint8Array, count: number, classes: number): void {
  if (labels.length !== count)
    throw new UserError(
      `there are ${count} ${name} images but ${labels.length} ${name} labels; give one each`,
    );
  const row = labels.findIndex((label) => label >= classes);
  if (row >= 0)
    throw new UserError(
      `the ${name} labels hold ${labels[row]} (example ${row}) but there are ${classes} classes; number them from 0`,
    );
}
