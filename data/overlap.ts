import type { Table } from '../kernels/index.ts';
import type { Dataset } from './dataset.ts';

/** Test images that are training images too, to the byte. */
export interface Overlap {
  readonly count: number;
  /** Some of them, by numbers from 0, each with the first training image that is the same. */
  readonly first: readonly { readonly test: number; readonly train: number }[];
}

/** So many are named. */
const NAMED = 3;

/** Which test images are among the training images; null where none is. */
export function findOverlap({ train, test }: Pick<Dataset, 'train' | 'test'>): Overlap | null {
  const byHash = new Map<number, number[]>();
  for (let row = 0; row < test.images.count; row++) {
    const hash = hashRow(test.images, row);
    const rows = byHash.get(hash);
    if (rows) rows.push(row);
    else byHash.set(hash, [row]);
  }
  const copies = new Map<number, number>();
  for (let row = 0; row < train.images.count; row++)
    for (const other of byHash.get(hashRow(train.images, row)) ?? [])
      if (!copies.has(other) && isSame(test.images, other, train.images, row)) copies.set(other, row);
  if (copies.size === 0) return null;
  const pairs = [...copies].map(([test, train]) => ({ test, train })).sort((a, b) => a.test - b.test);
  return { count: pairs.length, first: pairs.slice(0, NAMED) };
}

/** FNV-1a, 32 bits. */
function hashRow({ values, columns }: Table, row: number): number {
  let hash = 0x811c9dc5;
  for (let i = row * columns; i < (row + 1) * columns; i++) hash = Math.imul(hash ^ values[i]!, 0x01000193);
  return hash;
}

function isSame(a: Table, i: number, b: Table, j: number): boolean {
  const { columns } = a;
  for (let c = 0; c < columns; c++) if (a.values[i * columns + c] !== b.values[j * columns + c]) return false;
  return true;
}
