import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeDataset } from '../../data/index.ts';
import {
  accuracyFigure,
  committedMaps,
  graphWorldsPage,
  mapsFigure,
} from '../../docs/generate-graph-worlds.ts';
import { committedMeasurements } from '../../docs/generate-measurements.ts';
import { agentScores, worldDataset } from '../../docs/graph-world-agents.ts';
import { GRAPH_WORLDS } from '../../docs/measurements/list.ts';
import { autocorrelationPeak, rateMaps, shuffledPeaks } from '../../docs/rate-maps.ts';
import { RandomStream } from '../../kernels/index.ts';

const documents = committedMeasurements();
const committed = (file: string): string =>
  readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

test('the committed page of graph worlds is that of the committed documents', () => {
  assert.is(committed('graph-worlds.md'), graphWorldsPage(documents, committedMaps()), "run 'npm run docs'");
});

test('the figures are drawn of the committed documents', async () => {
  assert.is(committed('figures/graph-worlds.svg'), await accuracyFigure(documents), "run 'npm run docs'");
  assert.is(committed('figures/rate-maps.svg'), await mapsFigure(committedMaps()), "run 'npm run docs'");
});

test('each document is of the criterion in its name', () => {
  for (const { file } of GRAPH_WORLDS)
    assert.is(documents.get(file)!.experiment.task, `next-symbol:${file.replace('graph-worlds-', '')}`);
});

test('what the sheet of the task asks for holds in the committed runs', () => {
  for (const { file } of GRAPH_WORLDS) {
    const { runs } = documents.get(file)!;
    const scores = (id: string) =>
      runs.filter(({ condition }) => condition === id).map(({ epochs }) => epochs.at(-1)!.testScore!);
    assert.ok(
      scores('path-integrator').every((score) => score === 100),
      file,
    );
    assert.ok(
      scores('learned').every((score) => score > 80),
      file,
    );
  }
});

/** Walks of rows [action, symbol, node], one after the other. */
const walking = (...rows: number[][]) =>
  makeDataset({
    ...{ name: 'own', title: 'own', shape: [rows.length, 3], comparable: true },
    ...{ train: { images: Uint8Array.from(rows.flat()) }, test: { images: Uint8Array.from(rows.flat()) } },
    walks: { nodes: 3, actions: 2, symbols: 4 },
  });

test('agents are right where they know, and guess elsewhere', () => {
  // On a ring of three with the symbols 2, 3, 2: round, back by an edge that was walked, and on.
  const ring = walking([0, 2, 0], [0, 3, 1], [0, 2, 2], [0, 2, 0], [1, 2, 2], [0, 2, 0]);
  const all = agentScores(ring, 'visited');
  assert.equal([all.arrivals, all.node], [3, 100]);
  // Arrivals at 0 (by a new edge), 2 (back, a new action), 0 (the same action as before).
  assert.ok(Math.abs(all.edge - (100 * (0.25 + 0.25 + 1)) / 3) < 1e-9);
  // After symbol 2 and action 0: 3, then 2, which is right the last time. Action 1 is new.
  assert.ok(Math.abs(all.table - (100 * (0 + 0.25 + 1)) / 3) < 1e-9);
  assert.is(all.frequent, 100);
  assert.equal(agentScores(ring, 'unseen-edge'), {
    node: 100,
    edge: 25,
    table: 0,
    frequent: 100,
    arrivals: 1,
  });
});

test('without a position the test walks can hardly be predicted by unseen edges', () => {
  const scores = agentScores(worldDataset(), 'unseen-edge');
  assert.is(scores.node, 100);
  assert.ok(scores.table < 3 && scores.frequent < 10);
  assert.ok(Math.abs(scores.edge - 100 / 45) < 1e-9);
});

test('rate maps are means by node, and the node explains what they explain', () => {
  const place = { rows: 1, columns: 2, nodes: [0, 1, 0, 1] };
  const { maps, explained } = rateMaps({ ...place, rates: [1, 5, 4, 5, 3, 7, 4, 7] });
  assert.equal(maps, [
    [2, 4],
    [6, 6],
  ]);
  // Within nodes 2 + 4, in all 6 + 4.
  assert.ok(Math.abs(explained - (1 - 6 / 10)) < 1e-12);
});

test('a map that repeats itself has an autocorrelation peak of 1, one bump has none', () => {
  const at = (f: (row: number, column: number) => number) =>
    Array.from({ length: 25 }, (_, node) => f(Math.floor(node / 5), node % 5));
  const band = at((_, column) => Math.cos((2 * Math.PI * column) / 5));
  assert.ok(Math.abs(autocorrelationPeak(band, 5, 5) - 1) < 1e-12);
  const bump = at((row, column) => Number(row === 1 && column === 3));
  // Of a map of one node, moved anywhere: -1 / 24.
  assert.ok(Math.abs(autocorrelationPeak(bump, 5, 5) + 1 / 24) < 1e-12);
  assert.is(
    autocorrelationPeak(
      at(() => 2),
      5,
      5,
    ),
    0,
  );
  const peaks = shuffledPeaks(band, 5, 5, new RandomStream(1, 'null'), 50);
  assert.is(peaks.length, 50);
  assert.equal(
    peaks,
    [...peaks].sort((a, b) => a - b),
  );
  assert.ok(peaks.at(-1)! < 0.99 && peaks[0]! > 0);
});

test.run();
