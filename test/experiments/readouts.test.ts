import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, forecastRuns, readLayers } from '../../experiments/index.ts';
import { indexOf } from '../../experiments/readouts.ts';
import { UserError } from '../../kernels/index.ts';

/** What is read from hidden layers of stored runs, and forecasts of one by another. */
const test = suite('readouts and forecasts');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-readouts-'));
test.after(() => rmSync(folder, { recursive: true }));

/** Trains one small network. @returns the folder of its run, and its test score */
async function trained(name: string, task: string, dataset: string, layers: number[]) {
  const { runs } = await compare({
    ...{ rules: ['backprop'], dataset, task, seeds: [1], diagnostics: ['none'], out: join(folder, name) },
    ...{ device: { device: 'cpu', blas: 'none' }, jobs: 1 },
    settings: { layers, structure: layers.length > 3 ? 'two-streams' : 'full', epochs: 1, batch: 20 },
  });
  return { run: runs[0]!.folder, score: runs[0]!.epochs.at(-1)!.testScore! };
}

const refused = async (work: Promise<unknown>, pattern: RegExp): Promise<void> => {
  try {
    await work;
  } catch (error) {
    assert.instance(error, UserError);
    return void assert.match((error as Error).message, pattern);
  }
  assert.unreachable(`not refused: ${pattern}`);
};

test('what is read is what the task probe reads, and the untrained network is another', async () => {
  const labels = 'moving-digits:3:direction@400';
  const { run, score } = await trained('probe', 'probe:hidden-2', labels, [768, 12, 8, 4]);
  const { readouts, specialisations } = await readLayers(run, [labels]);
  assert.equal(
    readouts.map(({ population }) => population),
    ['hidden 1', 'hidden 2'],
  );
  // Sums in float64 here, and in float32 there: an answer or two may tip.
  assert.ok(Math.abs(readouts[1]!.error - score) <= 0.1, `${readouts[1]!.error} ${score}`);
  assert.is.not(readouts[1]!.untrained, readouts[1]!.error);
  assert.equal(specialisations, []);
});

test('a network that predicts frames is read by its shown frames; its future explains itself', async () => {
  const { run } = await trained('frames', 'next-frame:1', 'moving-digits:4@400', [768, 12, 8, 256]);
  const names = ['moving-digits:3:direction', 'moving-digits:3'];
  const { readouts, specialisations } = await readLayers(run, names);
  assert.is(readouts.length, 4);
  assert.equal(
    specialisations.map(({ areStreams, random }) => [areStreams, random.length]),
    [
      [true, 20],
      [true, 20],
    ],
  );
  for (const { index, errors } of specialisations) assert.is(index, indexOf(errors));
  await refused(readLayers(run, ['moving-digits:5']), /has 1280 pixels, and .* is shown 768 of 1024/);
  await refused(readLayers(run, ['patterns:1024']), /has no labels/);

  // A brain that is its own model: nothing is left for past or future to add. The untrained brain is explained, too.
  const { brain, passive, brainLayer } = await forecastRuns(run, run, {
    dataset: 'moving-digits:10',
    distance: 2,
  });
  assert.is(brainLayer, 'hidden 2');
  assert.ok(brain.brainScore > 0.999, `${brain.brainScore}`);
  for (const { future, past } of brain.scores) assert.ok(Math.abs(future) < 1e-3 && Math.abs(past) < 1e-3);
  assert.ok(passive.brainScore < brain.brainScore);
  await refused(
    forecastRuns(run, run, { dataset: 'moving-digits:10', distance: 5 }),
    /too short for a distance of 5/,
  );
  await refused(forecastRuns(run, run, { dataset: 'mnist' }), /has no sequences of 4 frames or more of 256/);
  await refused(
    forecastRuns(run, run, { brainLayer: 3 }),
    /^--brain-layer 3: backprop has 2 hidden layers; choose 1 to 2$/,
  );
});

test('a network without hidden layers has nothing to read or to forecast', async () => {
  const { run } = await trained('shallow', 'next-frame:1', 'moving-digits:4@40', [768, 256]);
  await refused(
    readLayers(run, ['moving-digits:3']),
    /^backprop has no hidden layers to read from; choose another run$/,
  );
  await refused(forecastRuns(run, run), /^backprop has no hidden layers to compare; choose another run$/);
});

test('the option is named that asks for a hidden layer too many', async () => {
  const { run } = await trained('one-hidden', 'next-frame:1', 'moving-digits:4@40', [768, 4, 256]);
  await refused(
    forecastRuns(run, run, { dataset: 'moving-digits:10', modelLayer: 2 }),
    /^--model-layer 2: backprop has 1 hidden layer; choose 1$/,
  );
});

test('specialisation is the difference of differences', () => {
  assert.is(
    indexOf([
      [10, 30],
      [50, 40],
    ]),
    30,
  );
  assert.is(
    indexOf([
      [30, 10],
      [40, 50],
    ]),
    30,
  );
  assert.is(
    indexOf([
      [10, 20],
      [40, 50],
    ]),
    0,
  );
});

test.run();
