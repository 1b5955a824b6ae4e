import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { SettlingTraces } from '../../../results/figures/index.ts';
import { settling } from '../../../results/figures/settling.ts';
import { documentOf, drawn, pointsOf, seedsOf } from './example.ts';

const document = documentOf(seedsOf('backprop', [[9, 8]]));

const TRACES: SettlingTraces = {
  ...{ label: 'equilibrium-propagation', seed: 1, step: 160 },
  ...{ image: 3, answer: 1, free: 3, nudged: 2, beta: 0.5 },
  energy: Float32Array.of(0, -2, -3, -3.5, -3.25, -3),
  cost: Float32Array.of(1, 0.9, 0.8, 0.8, 0.4, 0.1),
  populations: [
    { name: 'hidden 1', free: Float32Array.of(0, 0.5, 1), nudged: Float32Array.of(0, 0.75, 0.5) },
    { name: 'output', free: Float32Array.of(0.5, 0.25), nudged: Float32Array.of(0, 0.75) },
  ],
};

const figureOf = (traces: SettlingTraces) => drawn((dom) => settling(dom, { document, networks: [traces] }));

/** Differences between the heights of the points of a line, upwards. */
const rises = (points: readonly [number, number][]) => points.slice(1).map(([, y], i) => points[i]![1] - y);

test('the energy of the free phase is followed by that with the nudge, which steps up and falls again', async () => {
  const { find } = await figureOf(TRACES);
  const [free, nudged, cost] = find('g[aria-label="line"] path').map(pointsOf) as [number, number][][];
  assert.equal([free!.length, nudged!.length, cost!.length], [4, 3, 6]);
  assert.ok(Math.abs(nudged![0]![0] - free![3]![0]) < 0.01, 'both stand at step 3');
  // E + beta C: -3.5 + 0.4, -3.25 + 0.2, -3 + 0.05; the unit is what E falls by in the first step, 2.
  const unit = -rises(free!)[0]! / 2;
  assert.ok(Math.abs((free![3]![1] - nudged![0]![1]) / unit - 0.4) < 0.01);
  assert.ok(Math.abs(rises(nudged!)[0]! / unit - 0.05) < 0.01);
});

test('an image for both states of each layer and for their difference', async () => {
  const { find, texts } = await figureOf(TRACES);
  assert.is(find('image').length, 6);
  for (const text of ['change, ±0.50', 'Rates of output, white 0 to black 0.75', 'free phase', 'Step'])
    assert.ok(texts.includes(text), text);
  assert.ok(texts.join(' ').includes('test image 3 (class 1)'));
});

test('dynamics without an energy show the cost alone', async () => {
  const { find, texts } = await figureOf({ ...TRACES, energy: null });
  assert.is(find('g[aria-label="line"] path').length, 1);
  assert.not.ok(texts.join(' ').includes('energy'));
});

test('an image that is none of the test set is called by its class', async () => {
  const { texts } = await figureOf({ ...TRACES, image: null });
  assert.ok(texts.join(' ').includes('an image of class 1'));
});

test.run();
