import { crc32, createInflateRaw } from 'node:zlib';

/** Why a gzip file is damaged, in words that follow its name. */
export class GzipError extends Error {
  override name = 'GzipError';
}

const CHUNK = 1 << 18;
/** Bits of a member's flags (RFC 1952, 2.3.1). */
const HEADER_CRC = 0x02;
const EXTRA = 0x04;
const NAME = 0x08;
const COMMENT = 0x10;
const UNKNOWN = 0xe0;
const TRAILER = 8;

/** Whether the bytes begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Unpacks a gzip file (RFC 1952), chunk by chunk: what `gunzip` unpacks, with the same bytes. So members that follow each
 * other are read, and zeros or other bytes after the last one, which gunzip passes over, are not. Node's own gunzip refuses
 * some of that.
 * @throws GzipError when a member is cut off, or its header, data, checksum or length is wrong
 */
export async function* gunzip(packed: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  do {
    at = skipHeader(packed, at);
    const inflate = createInflateRaw({ chunkSize: CHUNK });
    inflate.end(packed.subarray(at));
    let crc = 0;
    let length = 0;
    try {
      for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
        crc = crc32(chunk, crc);
        length += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw new GzipError((error as Error).message);
    }
    at = skipTrailer(packed, at + inflate.bytesWritten, crc, length);
  } while (isGzip(packed.subarray(at)));
  // Like gunzip, which looks for the two bytes of a further member.
  if (packed.length === at + 1 && packed[at] !== 0) throw new GzipError('a stray byte follows its end');
}

/** @returns where the deflated data begin */
function skipHeader(packed: Uint8Array, start: number): number {
  const byte = (at: number): number => {
    if (at >= packed.length) throw new GzipError('unexpected end of file');
    return packed[at]!;
  };
  const number16 = (at: number): number => byte(at) | (byte(at + 1) << 8);
  if (byte(start + 2) !== 8) throw new GzipError('unknown compression method');
  const flags = byte(start + 3);
  if (flags & UNKNOWN) throw new GzipError('unknown header flags set');
  let at = start + 10;
  if (flags & EXTRA) at += 2 + number16(at);
  for (const text of [NAME, COMMENT]) if (flags & text) while (byte(at++) !== 0);
  if (flags & HEADER_CRC) {
    if (number16(at) !== (crc32(packed.subarray(start, at)) & 0xffff))
      throw new GzipError('header crc mismatch');
    at += 2;
  }
  return at;
}

/** @returns where the member ends */
function skipTrailer(packed: Uint8Array, start: number, crc: number, length: number): number {
  const end = start + TRAILER;
  if (end > packed.length) throw new GzipError('unexpected end of file');
  const view = new DataView(packed.buffer, packed.byteOffset + start, TRAILER);
  if (view.getUint32(0, true) !== crc) throw new GzipError('incorrect data check');
  if (view.getUint32(4, true) !== length % 2 ** 32) throw new GzipError('incorrect length check');
  return end;
}
