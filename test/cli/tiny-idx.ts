import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a dataset of IDX files that trains in no time: 60 + 30 images with a bar three pixels wide for each class, 3 of 8 x 8 pixels when left out. */
export function writeTinyIdx(folder: string, { side, classes } = { side: 8, classes: 3 }): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, count] of [
    ['train', 60],
    ['t10k', 30],
  ] as const) {
    const pixels = Uint8Array.from({ length: count * side * side }, (_, at) => {
      const [image, x] = [Math.floor(at / (side * side)), at % side];
      return Math.floor(x / 3) === image % classes ? 200 : (image * 7 + x) % 40;
    });
    const labels = Uint8Array.from({ length: count }, (_, image) => image % classes);
    writeIdx(join(folder, `${name}-images-idx3-ubyte`), [count, side, side], pixels);
    writeIdx(join(folder, `${name}-labels-idx1-ubyte`), [count], labels);
  }
  return folder;
}

function writeIdx(path: string, sizes: readonly number[], bytes: Uint8Array): void {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header[2] = 8;
  header[3] = sizes.length;
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  writeFileSync(path, Buffer.concat([header, bytes]));
}

/** Arguments of a comparison on it, with the bits of `--blas none`, in one worker thread: each takes longer to start than to train. */
export const onTiny = (folder: string): string[] => [
  ...['--device', 'cpu', '--blas', 'none', '--dataset', `idx:${folder}`],
  ...['--layers', '64,5,3', '--batch', '10', '--jobs', '1'],
];
