/**
 * Measures what dark pixels and the mean image come to where pixels of small digits are hidden (--task inpaint), and writes
 * docs/measurements/astrocyte-inpainting-baselines.json:
 *
 *     node --import tsx docs/record-inpainting.ts
 */
import { writeFileSync } from 'node:fs';
import { type Dataset, loadDataset, type Split } from '../data/index.ts';
import { maskOf } from '../training/tasks/inpaint.ts';
import { RIDGE_PENALTY, solveRidge } from '../training/tasks/ridge.ts';

/** Squared error of a hidden pixel of the test images, and the same beside that of ridge regression. */
export interface InpaintingBaselines {
  readonly dataset: string;
  /** Of ridge regression. */
  readonly squaredError: number;
  /** Relative to it: where every pixel is dark, and where it is the mean of the training images. */
  readonly zero: number;
  readonly mean: number;
}

const pixelsOf = ({ images }: Split, pixels: readonly number[]): number[][] =>
  Array.from({ length: images.count }, (_, n) =>
    pixels.map((i) => images.values[n * images.columns + i]! / 255),
  );

export function inpaintingBaselines(dataset: Dataset): InpaintingBaselines {
  const { shown, hidden } = maskOf(dataset.shape);
  const [h, t] = [pixelsOf(dataset.train, shown), pixelsOf(dataset.train, hidden)];
  const sumOf = (rows: number[][], at: (row: number[], n: number) => number) =>
    rows.reduce((sum, row, n) => sum + at(row, n), 0);
  const moments = {
    hh: shown.flatMap((_, i) => shown.map((_, j) => sumOf(h, (row) => row[i]! * row[j]!))),
    ht: shown.flatMap((_, i) => hidden.map((_, j) => sumOf(h, (row, n) => row[i]! * t[n]![j]!))),
    h: shown.map((_, i) => sumOf(h, (row) => row[i]!)),
    t: hidden.map((_, j) => sumOf(t, (row) => row[j]!)),
  };
  const { weights, bias } = solveRidge(moments, h.length, RIDGE_PENALTY);
  const asked = pixelsOf(dataset.test, shown);
  const expected = pixelsOf(dataset.test, hidden);
  const errorOf = (answer: (image: number, pixel: number) => number) =>
    sumOf(expected, (row, n) => row.reduce((sum, x, j) => sum + (x - answer(n, j)) ** 2, 0)) /
    (expected.length * hidden.length);
  const ridge = errorOf((n, j) =>
    asked[n]!.reduce((sum, x, i) => sum + x * weights[i * hidden.length + j]!, bias[j]!),
  );
  return {
    dataset: dataset.name,
    squaredError: ridge,
    zero: errorOf(() => 0) / ridge,
    mean: errorOf((_, j) => moments.t[j]! / t.length) / ridge,
  };
}

if (process.argv[1]?.endsWith('record-inpainting.ts')) {
  const url = new URL('measurements/astrocyte-inpainting-baselines.json', import.meta.url);
  const baselines = inpaintingBaselines(await loadDataset('mnist-small:8'));
  writeFileSync(url, `${JSON.stringify(baselines, null, 1)}\n`);
}
