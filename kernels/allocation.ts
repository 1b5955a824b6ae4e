import { UserError } from './errors.ts';

const MEBIBYTE = 2 ** 20;

/**
 * What `allocate` returns.
 * @param what names what the memory is for, at the start of a sentence
 * @param bytes that it takes
 * @throws UserError with both if this process cannot have so much
 */
export function allocated<T>(what: string, bytes: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw outOfMemory(what, bytes);
  }
}

export const outOfMemory = (what: string, bytes: number): UserError =>
  new UserError(
    `${what} needs ${Math.ceil(bytes / MEBIBYTE)} MiB of memory, which this process cannot get: choose smaller layers or ` +
      'minibatches, fewer examples or workers, or raise the limit on memory',
  );

/** `count` zeros. @throws UserError as `allocated` */
export const zeros = (what: string, count: number): Float32Array<ArrayBuffer> =>
  allocated(what, count * Float32Array.BYTES_PER_ELEMENT, () => new Float32Array(count));
