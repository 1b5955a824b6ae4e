import type { Table } from '../kernels/index.ts';

/** Images with their labels; row i of one belongs to row i of the other. */
export interface Split {
  /** Pixels, one image a row, stored as bytes; a gathered row is the byte / 255. */
  readonly images: Table;
  /** Class numbers from 0, stored as bytes; a gathered row is one-hot. */
  readonly labels: Table;
}

/**
 * What is learned. A plain object whose bytes lie in SharedArrayBuffers: sent to a worker thread with postMessage or
 * workerData, it is shared, not copied. Treat the bytes as read-only.
 */
export interface Dataset {
  /** The name that `loadDataset` was given. */
  readonly name: string;
  /** One line that says what the data are. */
  readonly title: string;
  /** Number of classes, at least 2. */
  readonly classes: number;
  /** Values an image has: height * width in pixels. */
  readonly width: number;
  /** Height and width of an image in pixels. */
  readonly shape: readonly [height: number, width: number];
  readonly train: Split;
  readonly test: Split;
  readonly validation: Split | null;
  /** True, or the reason why test errors must not stand beside published figures without a word. */
  readonly comparable: true | string;
}

/** Bytes that worker threads share. */
export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

/**
 * @param name what the split is for, e.g. 'test'
 * @param images `labels.length * width` bytes
 * @param labels class numbers below `classes`
 */
export function makeSplit(
  name: string,
  images: Uint8Array,
  labels: Uint8Array,
  width: number,
  classes: number,
): Split {
  const count = labels.length;
  return {
    images: {
      name: `${name} images`,
      count,
      columns: width,
      values: images,
      encoding: 'scaled',
      scale: 1 / 255,
    },
    labels: {
      name: `${name} labels`,
      count,
      columns: classes,
      values: labels,
      encoding: 'one-hot',
      scale: 1,
    },
  };
}
