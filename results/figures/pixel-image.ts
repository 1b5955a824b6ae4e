import crc32 from 'crc-32';
import { zlibSync } from 'fflate';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const BIT_DEPTH = 8;
const BY_PALETTE = 3;

/**
 * A picture as a data URI of a PNG file (W3C Recommendation "Portable Network Graphics", second edition), whose pixels are places in a
 * palette. A figure is also drawn in a browser, so this needs neither Node nor a canvas.
 * @param pixels row by row
 * @param palette colours as 'rgb(1, 2, 3)', 256 at most
 */
export function pixelImage(pixels: Uint8Array, columns: number, palette: readonly string[]): string {
  const rows = pixels.length / columns;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, columns);
  view.setUint32(4, rows);
  header.set([BIT_DEPTH, BY_PALETTE], 8);
  const colours = Uint8Array.from(palette.flatMap((colour) => colour.match(/\d+/g)!.slice(0, 3).map(Number)));
  // Every row begins with the number of its filter: 0, none.
  const filtered = new Uint8Array(rows * (columns + 1));
  for (let row = 0; row < rows; row++)
    filtered.set(pixels.subarray(row * columns, (row + 1) * columns), row * (columns + 1) + 1);
  const file = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', zlibSync(filtered, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return `data:image/png;base64,${btoa(file.map(latin1).join(''))}`;
}

/** Length, name, content and CRC-32 of name and content. */
function chunk(name: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(
    [...name].map((letter) => letter.charCodeAt(0)),
    4,
  );
  bytes.set(content, 8);
  view.setInt32(content.length + 8, crc32.buf(bytes.subarray(4, content.length + 8)));
  return bytes;
}

/** A letter for each byte. */
const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
