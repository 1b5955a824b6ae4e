import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { feedbackWeights } from '../../../results/figures/feedback-weights.ts';
import type { FeedbackWeights } from '../../../results/figures/index.ts';
import { documentOf, drawn, seedsOf } from './example.ts';

const document = documentOf(seedsOf('backprop', [[9, 8]]));
const figureOf = (paths: FeedbackWeights['paths']) =>
  drawn((dom) =>
    feedbackWeights(dom, {
      document,
      networks: [{ label: 'feedback-alignment', seed: 1, step: 160, paths }],
    }),
  );

test('a dot for each synapse: forward across, feedback upwards', async () => {
  const { find, texts } = await figureOf([
    {
      name: 'feedback from output to hidden 1',
      feedback: Float32Array.of(-2, 0, 2),
      backpropagated: [-1, 1, 0],
      angle: 60,
    },
  ]);
  const dots = find('g[aria-label="dot"] circle').map((dot) =>
    ['cx', 'cy'].map((name) => Number(dot.getAttribute(name))),
  ) as [number, number][];
  assert.is(dots.length, 3);
  const [first, second, third] = dots as [[number, number], [number, number], [number, number]];
  assert.ok(first[0] < third[0] && third[0] < second[0], 'across: -1, 0, 1');
  assert.ok(first[1] > second[1] && second[1] > third[1], 'upwards: -2, 0, 2');
  assert.ok(texts.join(' ').includes('output to hidden 1: 60.0 degrees'));
});

test('of many synapses a part is drawn, and weights of zero have no angle', async () => {
  const { find, texts } = await figureOf([
    {
      name: 'feedback from output to hidden 1',
      feedback: new Float32Array(5000),
      backpropagated: new Float32Array(5000),
      angle: Number.NaN,
    },
  ]);
  assert.is(find('g[aria-label="dot"] circle').length, 400);
  assert.ok(texts.join(' ').includes('no angle'));
});

test.run();
