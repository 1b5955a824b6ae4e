import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGrid, parseSeeds } from '../../cli/options.ts';
import {
  committedMeasurements,
  measurementsPage,
  PRINTED_PAGES,
  recomputed,
  startFigure,
} from '../../docs/generate-measurements.ts';
import { MEASURED, type MeasuredComparison, MICROCIRCUITS } from '../../docs/measurements/list.ts';
import {
  builtInFile,
  type Experiment,
  type ExperimentDefinition,
  expandExperiment,
  readExperimentFile,
  resolveExperiment,
} from '../../experiments/index.ts';
import { type ComparisonDocument, comparisonJsonSchema } from '../../results/index.ts';
import { findRule } from '../../rules/index.ts';
import type { Condition } from '../../training/index.ts';

const documents = committedMeasurements();

test('the committed page is that of the committed documents', () => {
  const committed = readFileSync(new URL('../../docs/measurements.md', import.meta.url), 'utf8');
  assert.is(committed, measurementsPage(documents), "measurements.md is out of date: run 'npm run docs'");
});

for (const [file, update] of PRINTED_PAGES)
  test(`${file} shows what the commands print of the committed documents`, () => {
    const committed = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.is(committed, update(committed, documents), `${file} is out of date: run 'npm run docs'`);
  });

test('the figure of the README is drawn of the committed document', async () => {
  const committed = readFileSync(new URL('../../docs/figures/start.svg', import.meta.url), 'utf8');
  assert.is(committed, await startFigure(documents), "start.svg is out of date: run 'npm run docs'");
});

test('the statistics of the committed documents are those of their runs', () => {
  for (const [file, document] of documents)
    assert.equal(document, recomputed(document), `${file}.json is out of date: run 'npm run docs'`);
});

/** What a command compares. */
async function whatIs({
  command,
  part = 0,
}: MeasuredComparison): Promise<Pick<Experiment, 'conditions' | 'seeds' | 'dataset'>> {
  const [name] = command.split(' ').slice(3);
  const built = command.startsWith('npx dendrite run ') && (await readExperimentFile(builtInFile(name!)));
  const definition = built ? built.definition : definitionOf(command);
  return resolveExperiment(expandExperiment(definition)[part]!.input);
}

function definitionOf(command: string): ExperimentDefinition {
  const words = command.split(' ').slice(3);
  const args: Record<string, string> = {};
  for (let i = 0; i < words.length; i += 2) args[words[i]!.slice(2)] = words[i + 1]!;
  const { rules, seeds = '3', set, vary, recipe, dataset = 'mnist', task = 'classify', ...rest } = args;
  return {
    ...parseGrid(
      {
        ...rest,
        rules: rules!,
        ...(set !== undefined && { set: [set] }),
        ...(recipe !== undefined && { recipe: [recipe] }),
        ...(vary !== undefined && { vary: [vary] }),
      },
      [],
    ),
    seeds: parseSeeds(seeds),
    dataset,
    task,
  };
}

/** The conditions of a document as they were asked for: trial 1 of a tuning has their own values. */
const beforeTuning = ({ conditions, tuning }: ComparisonDocument): Condition[] =>
  conditions.map((condition, i) => {
    const { learningRate, ...own } = tuning === undefined ? {} : tuning.conditions[i]!.trials[0]!.values;
    const { settings, options } = condition;
    return {
      ...condition,
      options: { ...options, ...own },
      settings: { ...settings, ...(learningRate !== undefined && { learningRate: [learningRate].flat() }) },
    } as Condition;
  });

test('the page of dendritic microcircuits says what was measured of their dynamics', () => {
  const { notes } = findRule('dendritic-microcircuit');
  assert.ok(notes!.includes(MICROCIRCUITS.command));
  for (const { condition, mean } of documents.get(MICROCIRCUITS.file)!.summary)
    assert.ok(notes!.includes(`${mean!.toFixed(2)} %`), `${condition}: ${mean}`);
});

test('every document is a whole comparison, of the conditions that its command names', async () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(comparisonJsonSchema());
  for (const measured of MEASURED) {
    const { file, command } = measured;
    const document = documents.get(file)!;
    assert.ok(validate(document), `${file}: ${JSON.stringify(validate.errors)}`);
    const { experiment, conditions, runs } = document;
    assert.is(runs.length, conditions.length * experiment.seeds.length, file);
    assert.ok(
      runs.every(({ status }) => status === 'finished'),
      file,
    );
    const asked = await whatIs(measured);
    assert.is(experiment.dataset, asked.dataset, file);
    assert.equal(beforeTuning(document), asked.conditions, file);
    assert.equal(experiment.seeds, asked.seeds, file);
    for (const { device } of runs) if (command.includes('--blas none')) assert.is(device!.blas, null, file);
  }
});

test.run();
