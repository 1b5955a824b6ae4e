import { type Dataset, makeDataset, type Split } from '../../../data/browser.ts';

/** What stands before the bytes, as a line of JSON. */
type Header = Pick<Dataset, 'name' | 'title' | 'classes' | 'shape' | 'comparable'> & {
  readonly train: number;
  readonly test: number;
};

/** A labelled dataset without a validation split as bytes: a line of JSON, then pixels and labels of training and test. */
export function packDataset({ name, title, classes, shape, comparable, train, test }: Dataset): Uint8Array {
  const counts = { train: train.images.count, test: test.images.count };
  const header: Header = { name, title, classes, shape, comparable, ...counts };
  const parts = [
    new TextEncoder().encode(`${JSON.stringify(header)}\n`),
    ...[train, test].flatMap(({ images, labels }: Split) => [images.values, labels!.values]),
  ];
  const packed = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    packed.set(part as Uint8Array, at);
    at += part.length;
  }
  return packed;
}

/**
 * The dataset in a file of the site.
 * @param file what `packDataset` makes, compressed with gzip
 * @throws Error when it is damaged
 */
export async function loadDataset(file: Blob): Promise<Dataset> {
  const unpacked = file.stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = await new Response(unpacked).arrayBuffer().catch(() => {
    throw new Error('the digits arrived damaged; load the page again');
  });
  return unpackDataset(new Uint8Array(bytes));
}

/** The dataset again, with the same examples in the same order. */
export function unpackDataset(packed: Uint8Array): Dataset {
  let at = packed.indexOf('\n'.charCodeAt(0)) + 1;
  const header: Header = JSON.parse(new TextDecoder().decode(packed.subarray(0, at)));
  const take = (length: number): Uint8Array => {
    at += length;
    return packed.subarray(at - length, at);
  };
  const [height, width] = header.shape;
  const split = (count: number) => ({ images: take(count * height * width), labels: take(count) });
  return makeDataset({ ...header, train: split(header.train), test: split(header.test) });
}
