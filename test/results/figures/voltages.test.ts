import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { VoltageTraces } from '../../../results/figures/index.ts';
import { voltages } from '../../../results/figures/voltages.ts';
import { documentOf, drawn, pointsOf, seedsOf } from './example.ts';

const document = documentOf(seedsOf('backprop', [[9, 8]]));
const rising = Float32Array.from({ length: 20 }, (_, i) => i);
const spiking = (...times: number[]) =>
  Float32Array.from({ length: 20 }, (_, i) => (times.includes(i) ? 1 : 0));

const TRACES: VoltageTraces = {
  ...{ label: 'segregated-dendrite', seed: 1, step: 160 },
  ...{ image: 3, answer: 7, forward: 10, target: 10, window: 4, excitation: 8 },
  hidden: {
    ...{ population: 'hidden 1', neuron: 12, basal: rising, soma: rising, apical: rising },
    plateaus: { forward: 0.25, target: 0.75 },
  },
  output: { population: 'output', neuron: 7, basal: rising, soma: rising },
  spikes: [
    { population: 'hidden 1', counts: spiking(2, 5) },
    { population: 'hidden 1', counts: spiking() },
    { population: 'output', counts: spiking(19) },
  ],
};
const voltagesOf = () => drawn((dom) => voltages(dom, { document, networks: [TRACES] }));

test('traces of apical, basal and somatic potential have a point for each ms', async () => {
  const { find } = await voltagesOf();
  const traces = find('g[aria-label="line"] path').map(pointsOf);
  assert.is(traces.length, 5, 'apical; basal and soma of two neurons');
  for (const points of traces) {
    assert.is(points.length, 20);
    assert.ok(points[19]![1] < points[0]![1], 'potentials rise');
  }
});

test('plateau potentials stand at the end of each phase, at the mean of its last ms', async () => {
  const { find, texts } = await voltagesOf();
  assert.ok(texts.includes('α = 0.250') && texts.includes('α = 0.750'));
  const [bar, second] = find('g[aria-label="link"][stroke-width="3"] path').map((path) =>
    /M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)/.exec(path.getAttribute('d')!)!.slice(1).map(Number),
  ) as [number[], number[]];
  const apical = pointsOf(find('g[aria-label="line"] path')[0]!);
  // ms 6 to 9: the mean is 7.5, half way between the points of ms 7 and 8; from the end of ms 5 to that of ms 9.
  assert.ok(Math.abs(bar[1]! - (apical[7]![1] + apical[8]![1]) / 2) < 0.02);
  assert.ok(Math.abs(bar[0]! - apical[5]![0]) < 0.02 && Math.abs(bar[2]! - apical[9]![0]) < 0.02);
  assert.ok(Math.abs(second[1]! - (apical[17]![1] + apical[18]![1]) / 2) < 0.02);
});

test('a tick for each ms with a spike', async () => {
  const { find, texts } = await voltagesOf();
  assert.is(find('g[aria-label="link"][stroke-width="1.1"] path').length, 3);
  assert.ok(texts.includes('Time (ms)') && texts.includes('forward phase') && texts.includes('target phase'));
  assert.ok(texts.join(' ').includes('test image 3 (class 7)'));
});

test.run();
