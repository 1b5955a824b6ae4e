import { PNG } from 'pngjs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { activity } from '../../../results/figures/activity.ts';
import { confusion } from '../../../results/figures/confusion.ts';
import type { TestResponses } from '../../../results/figures/index.ts';
import { receptiveFields } from '../../../results/figures/receptive-fields.ts';
import { documentOf, drawn, HOSTILE, seedsOf } from './example.ts';

const document = documentOf(seedsOf('backprop', [[9, 8]]));

/** Four test examples of two classes: one of class 1 is taken for class 0. */
const RESPONSES: TestResponses = {
  ...{ label: 'backprop', seed: 1, step: 160 },
  classes: Uint8Array.of(0, 0, 1, 1),
  populations: [
    { name: 'hidden 1', size: 1, unit: '', range: [0, 1], rates: Float32Array.of(0, 0.01, 0.51, 1) },
    {
      name: 'output',
      size: 2,
      unit: '',
      range: [0, 1],
      rates: Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0, 1),
    },
  ],
};

test('a histogram has the share of the rates in each of 40 bins of their range', async () => {
  const { find, texts } = await drawn((dom) => activity(dom, { document, networks: [RESPONSES] }));
  const bars = find('g[aria-label="rect"] rect');
  const heights = bars.map((bar) => Number(bar.getAttribute('height')));
  assert.is(bars.length, 40);
  // 0 and 0.01 share the first bin, 0.51 is in bin 20, and 1 in the last.
  assert.equal(
    [...heights.entries()].filter(([, height]) => height > 1).map(([bin]) => bin),
    [0, 20, 39],
  );
  assert.ok(heights[0]! > 1.9 * heights[20]!);
  assert.ok(texts.includes('Share of all rates (%)') && texts.includes('Firing rate'));
  assert.ok(texts.includes('backprop: hidden 1, mean 0.38'));
});

test('rates without a range have bins from the smallest to the largest', async () => {
  const [hidden, output] = RESPONSES.populations as [
    TestResponses['populations'][0],
    TestResponses['populations'][0],
  ];
  const open = { ...hidden, range: null, unit: 'spikes/ms', rates: Float32Array.of(-2, 2, 2, 2) };
  const { find, texts } = await drawn((dom) =>
    activity(dom, { document, networks: [{ ...RESPONSES, populations: [open, output] }] }),
  );
  const heights = find('g[aria-label="rect"] rect').map((bar) => Number(bar.getAttribute('height')));
  assert.equal(
    [...heights.entries()].filter(([, height]) => height > 1).map(([bin]) => bin),
    [0, 39],
  );
  assert.ok(texts.includes('Firing rate (spikes/ms)'));
});

test('a confusion matrix counts examples by true class and answer', async () => {
  const { find, texts } = await drawn((dom) => confusion(dom, { document, networks: [RESPONSES] }));
  const counts = find('g[aria-label="text"] text').map((text) => [
    text.textContent,
    ...[.../translate\(([-\d.]+),([-\d.]+)\)/.exec(text.getAttribute('transform')!)!].slice(1).map(Number),
  ]) as [string, number, number][];
  assert.equal(
    counts.map(([count]) => count),
    ['2', '1', '1'],
  );
  const [both, error, right] = counts as [
    [string, number, number],
    [string, number, number],
    [string, number, number],
  ];
  assert.ok(error[1] === both[1] && error[2] > both[2], 'true class 1, answered as 0: below');
  assert.ok(right[1] > error[1] && right[2] === error[2]);
  const fields = find('g[aria-label="cell"] rect').map((rect) => ({
    row: Number(rect.getAttribute('y')),
    column: Number(rect.getAttribute('x')),
    fill: rect.getAttribute('fill')!,
  }));
  fields.sort((one, other) => one.row - other.row || one.column - other.column);
  const [all, none, half, otherHalf] = fields.map(({ fill }) => Number(/rgb\((\d+),/.exec(fill)![1]));
  assert.ok(fields.length === 4 && all! < half! && half === otherHalf && half! < none!, 'more is darker');
  assert.ok(texts.includes('backprop: 1 of 4 wrong'));
  assert.ok(texts.includes('True class') && texts.includes('Class that the network answers'));
});

test('outputs that are no classes are refused', () => {
  assert.throws(() => drawConfusion({ ...RESPONSES, classes: null }), /backprop: outputs are no classes/);
});
const drawConfusion = (network: TestResponses): void => {
  confusion({ createElementNS: () => assert.unreachable() as never }, { document, networks: [network] });
};

/** Neuron 0 has weights that grow from -2 to 1, neuron 1 has none. */
const WEIGHTS = {
  ...{ label: 'backprop', seed: 1, step: 160, name: 'hidden 1', shape: [2, 2] as const },
  weights: Float32Array.of(-2, 0, -1, 0, 0, 0, 1, 0),
};

const pictureIn = (svg: string): PNG =>
  PNG.sync.read(Buffer.from(/data:image\/png;base64,([^"]+)/.exec(svg)![1]!, 'base64'));

test('receptive fields are images of the weights: blue negative, white 0, red positive', async () => {
  const { svg, texts } = await drawn((dom) => receptiveFields(dom, { document, networks: [WEIGHTS] }));
  const { width, height, data } = pictureIn(svg);
  // Two squares of 2 x 2, a line of one pixel between them.
  assert.equal([width, height], [5, 2]);
  const colour = (x: number, y: number) => [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
  const [[r0, , b0], [r1, , b1]] = [colour(0, 0), colour(1, 0)] as [number[], number[]];
  assert.ok(b0! > r0! + 40, 'the most negative weight is blue');
  assert.ok(b1! > r1! && b1! - r1! < 130, 'half of it less so');
  assert.equal(colour(0, 1), colour(3, 0), 'all 0 have one colour');
  const [r3, , b3] = colour(1, 1) as [number, number, number];
  assert.ok(r3 > b3, 'a positive one is red');
  assert.ok(texts.includes('backprop: hidden 1, ±2.0'), texts.join('|'));
});

test('of a large population 64 neurons are shown, the same ones each time', async () => {
  const many = { ...WEIGHTS, weights: Float32Array.from({ length: 4 * 100 }, (_, i) => (i % 100) / 100) };
  const draw = () => drawn((dom) => receptiveFields(dom, { document, networks: [many] }));
  const { svg, texts } = await draw();
  const { width, height } = pictureIn(svg);
  assert.equal([width, height], [8 * 3 - 1, 8 * 3 - 1]);
  assert.ok(texts.join(' ').includes('more than 64 neurons'));
  assert.is((await draw()).svg, svg);
});

test('two networks have panels side by side, with names that are text', async () => {
  const networks = [RESPONSES, { ...RESPONSES, label: HOSTILE, seed: 2 }];
  const { svg, texts } = await drawn((dom) => confusion(dom, { document, networks }));
  assert.not.match(svg, /<script/);
  assert.ok(texts.includes('backprop, seed 1: 1 of 4 wrong'));
});

test.run();
