import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MicrocircuitTraces } from '../../../results/figures/index.ts';
import { ROLES } from '../../../results/figures/theme.ts';
import { voltages } from '../../../results/figures/voltages.ts';
import { documentOf, drawn, pointsOf, seedsOf } from './example.ts';

const document = documentOf(seedsOf('backprop', [[9, 8]]));
/** Rises, steeper from trace to trace, so that each is told by its end. */
const rising = (by: number) => Float32Array.from({ length: 20 }, (_, i) => by * i);

const traces = (prospective: Float32Array | null): MicrocircuitTraces => {
  const neuron = (population: string, number: number) => ({
    ...{ population, neuron: number, basal: rising(2), soma: rising(1), prospective },
  });
  return {
    ...{ label: 'dendritic-microcircuit', seed: 1, step: 160 },
    ...{ image: 3, answer: 7, timeStep: 0.25, untaught: 8, taught: 12 },
    hidden: { ...neuron('hidden 1', 12), apical: rising(3) },
    interneuron: {
      ...neuron('interneurons 1', 4),
      teacher: { population: 'hidden 2', potential: rising(4) },
    },
    output: neuron('output', 7),
  };
};
const figureOf = (prospective: Float32Array | null) =>
  drawn((dom) => voltages(dom, { document, networks: [traces(prospective)] }));

test('traces of a hidden neuron, an interneuron with its teacher, and an output neuron have a point for each step', async () => {
  const { find, texts } = await figureOf(null);
  const lines = find('g[aria-label="line"] path').map(pointsOf);
  // Apical; basal and soma of three neurons; the teacher.
  assert.is(lines.length, 8);
  for (const points of lines) {
    assert.is(points.length, 20);
    assert.ok(points[19]![1] < points[0]![1], 'potentials rise');
  }
  const all = texts.join(' ');
  for (const part of [
    'Neuron 12 of hidden 1: apical dendrite',
    'Interneuron 4 beside it, and in grey its teacher, neuron 4 of hidden 2',
    'Neuron of class 7 in the output layer',
    'test image 3 (class 7)',
    'Time (ms)',
    'untaught phase',
    'taught phase',
  ])
    assert.ok(all.includes(part), part);
  assert.not.ok(all.includes('prospective'));
});

test('the taught phase begins where the untaught one ends, in ms', async () => {
  const { find } = await figureOf(null);
  const apical = pointsOf(find('g[aria-label="line"] path')[0]!);
  const [shade] = find(`g[aria-label="rect"][fill="${ROLES.taught}"] rect`);
  // Step 8 begins at 2 ms, that of the first taught one.
  assert.ok(Math.abs(Number(shade!.getAttribute('x')) - apical[8]![0]) < 0.02);
  const right = Number(shade!.getAttribute('x')) + Number(shade!.getAttribute('width'));
  // The last step begins 0.25 ms before the end.
  assert.ok(Math.abs(right - (apical[19]![0] + apical[19]![0] - apical[18]![0])) < 0.02);
});

test('prospective potentials are dashed, and named', async () => {
  const { find, texts } = await figureOf(rising(5));
  const groups = find('g[aria-label="line"]');
  assert.is(groups.length, 11);
  assert.is(groups.filter((group) => group.getAttribute('stroke-dasharray') === '3 2').length, 3);
  assert.ok(texts.includes('prospective soma'));
});

test.run();
