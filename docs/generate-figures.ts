/**
 * Draws the examples in docs/figures/ from a small comparison, which it trains first, in some minutes. The built-in kernels give the
 * same files on every machine:
 *
 *     npm run docs:figures
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, type PlotOptions, plotFigure } from '../index.ts';

/** Of the networks one alone where a file would be large. */
const EXAMPLES: readonly PlotOptions[] = [
  { figure: 'curves' },
  { figure: 'scores' },
  { figure: 'angles' },
  { figure: 'alignment' },
  { figure: 'activity', conditions: ['backprop', 'segregated-dendrite'] },
  { figure: 'confusion', conditions: ['backprop', 'segregated-dendrite'] },
  { figure: 'receptive-fields', conditions: ['feedback-alignment'] },
  { figure: 'feedback-weights', conditions: ['feedback-alignment'] },
  { figure: 'voltages', image: 7 },
  { figure: 'settling', image: 7 },
];

const folder = fileURLToPath(new URL('figures/', import.meta.url));
const runs = mkdtempSync(join(tmpdir(), 'dendrite-figures-'));
const document = await compare({
  rules: [
    'backprop',
    'feedback-alignment',
    'direct-feedback-alignment',
    'segregated-dendrite',
    'equilibrium-propagation',
  ],
  settings: { layers: [784, 100, 50, 10], epochs: 5 },
  diagnostics: ['angle', 'feedback-angle'],
  device: { device: 'cpu', blas: 'none' },
  out: runs,
});
mkdirSync(folder, { recursive: true });
for (const options of EXAMPLES)
  await plotFigure(dirname(document.runs[0]!.folder), {
    ...options,
    out: join(folder, `${options.figure}.svg`),
    force: true,
  });
rmSync(runs, { recursive: true });
