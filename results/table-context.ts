import { dirname, sep } from 'node:path';
import { type Condition, isUsed, type Settings } from '../training/index.ts';
import type { ComparedRun, ComparisonDocument, DeviceRecord, ExperimentRecord } from './comparison.schema.ts';
import { referenceCondition } from './comparison-document.ts';
import { contrastLines, contrastNotes } from './table-contrasts.ts';
import { guardNotes } from './table-guards.ts';
import { startLines } from './table-start.ts';
import { tuningLines, tuningNotes } from './table-tuning.ts';
import { budgetText, countOf, type Line, thousands, valueText, wordsOf } from './table-words.ts';

/** What must not be overlooked: what the scores cannot be compared with, missing runs, missing spread. */
export function warningLines(document: ComparisonDocument): Line[] {
  const { summary, experiment, conditions, runs } = document;
  const texts = experiment.note === undefined ? [] : [experiment.note];
  texts.push(...guardNotes(document), ...otherTraining(conditions), ...tuningNotes(document));
  for (const { id, label } of conditions) {
    const own = runs.filter((run) => run.condition === id);
    const total = experiment.seeds.length;
    texts.push(...missingRuns(label, own, total, 'diverged'), ...missingRuns(label, own, total, 'failed'));
  }
  for (const [i, { unfinished }] of summary.entries())
    if (unfinished > 0)
      texts.push(
        `${conditions[i]!.label}: ${unfinished} of ${countOf(experiment.seeds.length, 'run')} not finished, not in the mean`,
      );
  texts.push(...contrastNotes(document));
  texts.push(...conditions.flatMap((condition) => stoppedEarly(condition, runs)));
  if (conditions.some(({ settings }) => settings.seconds !== null))
    texts.push(
      'a run for a number of seconds gets as far as the machine lets it, and cannot be repeated to the bit',
    );
  if (summary.some(({ n }) => n === 1))
    texts.push('one run has no spread, no interval and no verdict: use several seeds before ranking rules');
  for (const run of runs) {
    const reason = run.device?.fallbackReason;
    if (reason) texts.push(`the device fell back: ${reason}`);
  }
  return distinct(texts).map((text) => ({ label: 'Note', text }));
}

/** Conditions whose scores are those after more or less training than the reference had, or of other minibatches. */
function otherTraining(conditions: readonly Condition[]): string[] {
  const { settings } = referenceCondition(conditions);
  return conditions.flatMap(({ label, settings: own }) => {
    const budget =
      budgetText(own) === budgetText(settings)
        ? []
        : [`for ${budgetText(own)}, not for ${budgetText(settings)}`];
    const batch =
      own.batch === settings.batch ? [] : [`in batches of ${own.batch}, not of ${settings.batch}`];
    const parts = [...budget, ...batch];
    return parts.length === 0 ? [] : [`${label} was trained ${parts.join(', and ')}`];
  });
}

/** Runs whose score is that of the epoch at which their patience ended. */
function stoppedEarly({ id, label, settings }: Condition, runs: readonly ComparedRun[]): string[] {
  const stopped = runs.filter(
    ({ condition, epochs }) => condition === id && epochs.at(-1)?.stoppedEarly !== undefined,
  );
  if (stopped.length === 0) return [];
  const after = stopped.map(({ epochs }) => epochs.length).join(', ');
  const budget = budgetText(settings);
  const of = budget.endsWith('epochs') ? `of ${budget}` : `epochs of a budget of ${budget}`;
  const seeds = seedsText(stopped.map(({ seed }) => seed));
  return [
    `${label}: stopped early after ${after} ${of} (${seeds}: ${stopped[0]!.epochs.at(-1)!.stoppedEarly})`,
  ];
}

function missingRuns(
  label: string,
  runs: readonly ComparedRun[],
  total: number,
  status: 'diverged' | 'failed',
): string[] {
  const missing = runs.filter((run) => run.status === status);
  if (missing.length === 0) return [];
  const seedsByReason = new Map<string, number[]>();
  for (const { reason = 'no reason recorded', seed } of missing)
    seedsByReason.set(reason, [...(seedsByReason.get(reason) ?? []), seed]);
  const reasons = [...seedsByReason].map(([reason, seeds]) => `${seedsText(seeds)}: ${reason}`);
  return [
    `${label}: ${missing.length} of ${countOf(total, 'run')} ${status}, not in the mean (${reasons.join('; ')})`,
  ];
}

/** What the scores were measured on, how, and where the runs are kept. */
export function contextLines(document: ComparisonDocument): Line[] {
  const { experiment, conditions, runs } = document;
  const { dataset, trainExamples, task, score, seeds } = experiment;
  const reference = referenceCondition(conditions);
  return [
    {
      label: 'Dataset',
      text: `${dataset}, ${thousands(trainExamples)} training and ${scoredExamples(experiment)} examples`,
    },
    ...(task === 'classify' ? [] : [{ label: 'Task', text: task }]),
    { label: 'Network', text: networkText(reference.settings) },
    { label: 'Training', text: `${trainingText(reference.settings)}, ${seedsText(seeds)}` },
    ...otherSettings(conditions, reference),
    ...startLines(document),
    ...tuningLines(document),
    ...distinct(runs.map(({ device }) => deviceText(device))).map((text) => ({ label: 'Device', text })),
    {
      label: 'Measures',
      text: `${score.label.toLowerCase()} after the last epoch; sd and t intervals over seeds`,
    },
    ...contrastLines(document),
    ...(runs.length === 0
      ? []
      : [
          {
            label: 'Runs',
            text: `${commonFolder(runs.map(({ folder }) => folder))} (${countOf(runs.length, 'folder')})`,
          },
        ]),
  ];
}

/** Conditions that are not trained as the lines above say. */
function otherSettings(conditions: readonly Condition[], reference: Condition): Line[] {
  return conditions.flatMap(({ label, settings }) => {
    const other = Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(reference.settings[name as keyof Settings]),
    );
    if (other.length === 0) return [];
    const parts = other.map(([name, value]) => `${wordsOf(name)} ${valueText(name, value)}`);
    return [{ label: '', text: `but ${label}: ${parts.join('; ')}` }];
  });
}

const scoredExamples = ({ scored, validation, testExamples }: ExperimentRecord): string =>
  scored ? `${thousands(validation)} validation` : `${thousands(testExamples)} test`;

function networkText(settings: Settings): string {
  const { layers, structure, synapses, activation, loss, outputActivation } = settings;
  return [
    layers.join('-'),
    ...(structure === 'full' ? [] : [structure]),
    ...(isUsed('synapses', settings) ? [`${synapses} synapses for each dendrite`] : []),
    activation,
    loss,
    ...(isUsed('outputActivation', settings) ? [`${outputActivation} outputs`] : []),
  ].join(', ');
}

function trainingText(settings: Settings): string {
  const { batch, optimizer, momentum, learningRate, weightDecay, schedule } = settings;
  const rate = `${learningRate.length === 1 ? 'learning rate' : 'learning rates'} ${learningRate.join(', ')}`;
  return [
    budgetText(settings),
    `batches of ${batch}`,
    optimizer === 'momentum' ? `momentum ${momentum}` : optimizer,
    rate + (schedule === 'constant' ? '' : ` (${schedule} schedule)`),
    ...(weightDecay > 0 ? [`weight decay ${weightDecay}`] : []),
  ].join(', ');
}

/** A device in words: what executed, on which hardware. */
export function deviceText(device: DeviceRecord | null): string {
  if (device === null) return 'none opened, in a run that failed';
  const { name, backend, blas, executorKind, hardware } = device;
  const software = [backend, blas, executorKind].filter((part) => part !== null);
  return `${name}: ${software.join(', ')} on ${hardware}`;
}

/** The deepest folder that holds all of them. */
function commonFolder(folders: readonly string[]): string {
  let common = dirname(folders[0]!);
  while (dirname(common) !== common && !folders.every((folder) => folder.startsWith(common + sep)))
    common = dirname(common);
  return common;
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

const seedsText = (seeds: readonly number[]): string =>
  `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
