import { dirname, sep } from 'node:path';
import type { CompareDocument, CompareRun, DeviceRecord, ExperimentRecord } from './compare.schema.ts';

/** A labelled line below the table. */
export interface Line {
  label: string;
  text: string;
}

/** What must not be overlooked: what the errors cannot be compared with, missing runs, missing spread. */
export function warningLines({ summary, experiment, runs }: CompareDocument): Line[] {
  const texts = experiment.note === undefined ? [] : [experiment.note];
  texts.push(...otherBudgets(experiment));
  for (const { rule } of summary) {
    const own = runs.filter((run) => run.rule === rule);
    texts.push(...missingRuns(rule, own, 'diverged'), ...missingRuns(rule, own, 'failed'));
  }
  for (const { rule, n, difference } of summary) {
    if (difference !== null && difference.n < n) {
      const pairs = `${difference.n} of the ${countOf(n, 'finished run')}`;
      texts.push(`${rule}: the difference is over the seeds that finished with both rules, ${pairs}`);
    }
  }
  if (summary.some(({ n }) => n === 1)) {
    texts.push('one run has no spread and no interval: use several seeds before ranking rules');
  }
  for (const run of runs) {
    const reason = run.device?.fallbackReason;
    if (reason) texts.push(`the device fell back: ${reason}`);
  }
  return distinct(texts).map((text) => ({ label: 'Note', text }));
}

/** Rules whose errors are those after more or less training than the others had. */
function otherBudgets(experiment: ExperimentRecord): string[] {
  return Object.entries(experiment.ownSettings ?? {}).flatMap(([rule, own]) => {
    const [others, its] = [budgetText(experiment), budgetText({ ...experiment, ...own })];
    return its === others ? [] : [`${rule} was trained for ${its}, not for ${others}`];
  });
}

function missingRuns(rule: string, runs: readonly CompareRun[], status: 'diverged' | 'failed'): string[] {
  const missing = runs.filter((run) => run.status === status);
  if (missing.length === 0) return [];
  const seedsByReason = new Map<string, number[]>();
  for (const { reason = 'no reason recorded', seed } of missing) {
    seedsByReason.set(reason, [...(seedsByReason.get(reason) ?? []), seed]);
  }
  const reasons = [...seedsByReason].map(([reason, seeds]) => `${seedsText(seeds)}: ${reason}`);
  const share = `${missing.length} of ${countOf(runs.length, 'run')}`;
  return [`${rule}: ${share} ${status}, not in the mean (${reasons.join('; ')})`];
}

/** What the errors were measured on, how, and where the runs are kept. */
export function contextLines({ experiment, runs }: CompareDocument): Line[] {
  const { dataset, trainExamples, testExamples, layers, activation, loss } = experiment;
  return [
    {
      label: 'Dataset',
      text: `${dataset}, ${thousands(trainExamples)} training and ${thousands(testExamples)} test examples`,
    },
    { label: 'Network', text: `${layers.join('-')}, ${activation}, ${loss}` },
    {
      label: 'Training',
      text: trainingText(experiment),
    },
    ...ownSettingsLines(experiment),
    ...distinct(runs.map(({ device }) => deviceText(device))).map((text) => ({ label: 'Device', text })),
    {
      label: 'Measures',
      text:
        'test error after the last epoch; sd and t intervals over seeds; difference of runs with the same seed, ' +
        'below zero means fewer errors',
    },
    {
      label: 'Runs',
      text: `${commonFolder(runs.map(({ folder }) => folder))} (${countOf(runs.length, 'folder')})`,
    },
  ];
}

/** Rules that are not trained as the line above says. */
function ownSettingsLines({ ownSettings = {} }: ExperimentRecord): Line[] {
  return Object.entries(ownSettings)
    .filter(([, settings]) => Object.keys(settings).length > 0)
    .map(([rule, settings]) => {
      const parts = Object.entries(settings).map(([name, value]) => `${name} ${[value].flat().join(', ')}`);
      return { label: '', text: `but ${rule}: ${parts.join('; ')}` };
    });
}

const budgetText = ({ epochs, examples }: Pick<ExperimentRecord, 'epochs' | 'examples'>): string =>
  examples ? `${thousands(examples)} examples` : countOf(epochs, 'epoch');

function trainingText(experiment: ExperimentRecord): string {
  const { batch, optimizer, learningRate, schedule, seeds } = experiment;
  const rate = `${learningRate.length === 1 ? 'learning rate' : 'learning rates'} ${learningRate.join(', ')}`;
  const falling = schedule === undefined || schedule === 'constant' ? '' : ` (${schedule} schedule)`;
  return `${budgetText(experiment)}, batches of ${batch}, ${optimizer}, ${rate}${falling}, ${seedsText(seeds)}`;
}

function deviceText(device: DeviceRecord | null): string {
  if (device === null) return 'none opened, in a run that failed';
  const { name, backend, blas, executorKind, hardware } = device;
  const software = [backend, blas, executorKind].filter((part) => part !== null);
  return `${name}: ${software.join(', ')} on ${hardware}`;
}

/** The deepest folder that holds all of them. */
function commonFolder(folders: readonly string[]): string {
  let common = dirname(folders[0]!);
  while (dirname(common) !== common && !folders.every((folder) => folder.startsWith(common + sep))) {
    common = dirname(common);
  }
  return common;
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];

const seedsText = (seeds: readonly number[]): string =>
  `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;

const thousands = (value: number): string => value.toLocaleString('en-US');

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
