import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { alignment } from '../../../results/figures/alignment.ts';
import { angles } from '../../../results/figures/angles.ts';
import { documentOf, drawn, measured, pointsOf, seedsOf } from './example.ts';

const RUNS = [...seedsOf('backprop', [[9, 8, 7]]), ...seedsOf('feedback-alignment', [[9, 8, 7]])];

/** 80, 60, 40 degrees for feedback alignment, 0 for backprop; the output connection is exact. */
const ANGLES = measured(RUNS, ({ epoch }, { rule }) => ({
  angle: { 'input to hidden 1': rule === 'backprop' ? 0 : 100 - 20 * epoch, 'hidden 1 to output': 0 },
  ...(rule === 'backprop'
    ? {}
    : { 'feedback-angle': { 'feedback from output to hidden 1': 100 - 20 * epoch } }),
}));

test('angles have a panel for each connection, with the angles to scale', async () => {
  const { find, texts } = await drawn((dom) => angles(dom, documentOf(ANGLES), 'examples'));
  assert.ok(texts.includes('input to hidden 1') && texts.includes('hidden 1 to output'));
  const lines = find('g[aria-label="line"][stroke-width="2"] path').map(pointsOf);
  assert.is(lines.length, 4);
  const [flat, falling] = lines as [[number, number][], [number, number][]];
  const zero = flat[0]![1];
  assert.ok(flat.every(([, y]) => y === zero));
  // 80 and 40 degrees above 0.
  assert.ok(Math.abs((zero - falling[0]![1]) / (zero - falling[2]![1]) - 2) < 1e-2);
  assert.ok(texts.includes('Angle (degrees)'));
});

test('beyond 90 degrees the axis grows', async () => {
  const wide = measured(RUNS, () => ({ angle: { 'input to hidden 1': 112 } }));
  const { texts } = await drawn((dom) => angles(dom, documentOf(wide), 'examples'));
  assert.ok(texts.includes('120') && !texts.includes('140'));
});

test('alignment shows who has feedback weights, and names who has none', async () => {
  const { texts, find } = await drawn((dom) => alignment(dom, documentOf(ANGLES), 'examples'));
  assert.is(find('g[aria-label="line"][stroke-width="2"] path').length, 1);
  assert.match(texts.slice(0, 2).join(' '), /by pathway: feedback-alignment$/);
  assert.ok(texts.join(' ').includes('Not measured for backprop.'));
});

test.run();
