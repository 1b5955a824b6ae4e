import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../kernels/index.ts';
import { readIdx } from './idx-folder.ts';
import { unreadable } from './unreadable.ts';

/** Images of a user's own, without labels. */
export interface Images {
  /** What each is called: the name of its file, or its place in an IDX file from 0. */
  readonly names: readonly string[];
  /** Pixels from 0 to 1, one image a row, as a dataset gives them. */
  readonly pixels: Float32Array;
}

const IDX_OR_PNG = 'give an IDX file of images, a PNG file, or a folder of PNG files';
const PNG_SIGNATURE = '89504e470d0a1a0a';
/** Where a PNG file has its width and height: in its first chunk. */
const PNG_WIDTH = 16;
const PNG_HEIGHT = 20;
const PNG_SIZE_END = 24;
/** A byte as the kernels scale it. */
const SCALE = Math.fround(1 / 255);
/** Weights of red, green and blue in the brightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

type Shape = readonly [height: number, width: number];

/**
 * Reads an IDX file of images (plain or gzip), a PNG file, or all PNG files of a folder in the order of their names, numbers in
 * them by value. Colours become their brightness (ITU-R BT.601), what is transparent becomes black.
 * @param shape that every image has to have: nothing is resized
 * @throws UserError when something cannot be read or has another size
 */
export async function readImages(path: string, shape: Shape): Promise<Images> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error, IDX_OR_PNG);
  });
  if (found.isDirectory()) return readPngFolder(path, shape);
  return (await isPng(path)) ? readPngFiles([path], shape) : readIdxImages(path, shape);
}

async function readIdxImages(path: string, shape: Shape): Promise<Images> {
  const { dimensions, values } = await readIdx(path, 'images');
  const [count, height, width] = dimensions as [number, number, number];
  checkShape(path, [height, width], shape);
  return {
    names: Array.from({ length: count }, (_, i) => String(i)),
    pixels: Float32Array.from(values, (byte) => byte * SCALE),
  };
}

async function readPngFolder(folder: string, shape: Shape): Promise<Images> {
  const byName = new Intl.Collator('en', { numeric: true }).compare;
  const names = await readdir(folder).catch((error: unknown) => {
    throw unreadable(`the folder ${folder}`, error, IDX_OR_PNG);
  });
  const files = names.filter((name) => /\.png$/i.test(name)).sort(byName);
  if (files.length === 0) throw new UserError(`the folder ${folder} holds no .png files; ${IDX_OR_PNG}`);
  return readPngFiles(
    files.map((name) => join(folder, name)),
    shape,
  );
}

async function readPngFiles(paths: readonly string[], shape: Shape): Promise<Images> {
  const width = shape[0] * shape[1];
  const pixels = new Float32Array(paths.length * width);
  for (const [i, path] of paths.entries()) pixels.set(await readPng(path, shape), i * width);
  return { names: paths.map((path) => basename(path)), pixels };
}

const read = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: unknown) => {
    throw unreadable(path, error, IDX_OR_PNG);
  });

const startsAsPng = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.subarray(0, PNG_SIGNATURE.length / 2)).toString('hex') === PNG_SIGNATURE;

/** By its content or its name: a damaged PNG file should be called one. */
const isPng = async (path: string): Promise<boolean> => /\.png$/i.test(path) || startsAsPng(await read(path));

async function readPng(path: string, shape: Shape): Promise<Float32Array> {
  const bytes = await read(path);
  if (!startsAsPng(bytes) || bytes.length < PNG_SIZE_END)
    throw new UserError(`${path} is not a PNG file; ${IDX_OR_PNG}`);
  // Before it is unpacked: its header may promise more than there is memory.
  checkShape(path, [bytes.readUInt32BE(PNG_HEIGHT), bytes.readUInt32BE(PNG_WIDTH)], shape);
  const { PNG } = await import('pngjs');
  try {
    return brightness(PNG.sync.read(bytes).data);
  } catch (error) {
    throw new UserError(`${path} is a damaged PNG file (${(error as Error).message}); save it again`);
  }
}

/** @param rgba four bytes a pixel */
const brightness = (rgba: Uint8Array): Float32Array =>
  Float32Array.from({ length: rgba.length / 4 }, (_, i) => {
    const [red, green, blue, alpha] = rgba.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue;
    return Math.round((luma * alpha) / 255) * SCALE;
  });

function checkShape(path: string, [height, width]: Shape, [wantedHeight, wantedWidth]: Shape): void {
  if (height !== wantedHeight || width !== wantedWidth)
    throw new UserError(
      `${path} has images of ${height}x${width} pixels, but the network was trained on ${wantedHeight}x${wantedWidth}; bring them to this size first`,
    );
}
