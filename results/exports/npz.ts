import { UserError } from '../../kernels/index.ts';
import type { SavedTensor } from '../../training/index.ts';
import { bytesOf, type NamedTensor } from './tensors.ts';

/** The header of an npy file ends at a multiple of this many bytes. */
const ALIGNMENT = 64;
const MAGIC = '\x93NUMPY\x01\x00';
/** What a ZIP archive holds without its 64-bit extension. */
const LARGEST = 2 ** 32 - 1;
/** The first that a ZIP archive can name: the same weights make the same bytes. */
const DATE = new Date(1980, 0, 1);

/**
 * NumPy's format for several arrays: a ZIP archive of npy files, not compressed, as `numpy.savez` writes it.
 * @throws UserError for more than 4 GB
 */
export async function encodeNpz(tensors: readonly NamedTensor[]): Promise<Uint8Array[]> {
  const size = tensors.reduce((sum, [, { values }]) => sum + values.byteLength, 0);
  if (size > LARGEST)
    throw new UserError(
      `the tensors have ${size} bytes, more than an npz file can hold; export them with --format safetensors`,
    );
  const { zipSync } = await import('fflate');
  const files = tensors.map(([name, tensor]) => [`${name}.npy`, encodeNpy(tensor)]);
  return [zipSync(Object.fromEntries(files), { level: 0, mtime: DATE })];
}

/** An array as NumPy's npy file, version 1.0: little-endian float32 in C order (numpy/lib/format.py). */
function encodeNpy(tensor: SavedTensor): Uint8Array {
  const { rows, columns } = tensor;
  const shape = [rows, columns].join(', ');
  const entries = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const prefix = MAGIC.length + 2;
  // With the line break that ends it.
  const length = Math.ceil((prefix + entries.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const header = Buffer.from(`${MAGIC}\0\0${`${entries.padEnd(length - 1)}\n`}`, 'latin1');
  header.writeUInt16LE(length, MAGIC.length);
  return Buffer.concat([header, bytesOf(tensor)]);
}
