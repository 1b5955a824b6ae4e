import { basename } from 'node:path';
import { listFigures, shellQuoted } from '../../experiments/index.ts';
import {
  budgetText,
  type RunProvenance,
  type StoredExperiment,
  type StoredRun,
  valueText,
  wordsOf,
} from '../../results/index.ts';
import { isUsed, type RunSpec, type SettingName, type Settings } from '../../training/index.ts';
import type { NamedText, RunPage } from './api.ts';
import type { WatchedComparison } from './watched-comparison.ts';

/** What is drawn of the network of one run. Others show records, which the page draws itself. */
const FIGURES = ['confusion', 'receptive-fields', 'activity', 'voltages'];

/** @returns undefined where there is no such run */
export async function runPage(comparison: WatchedComparison, name: string): Promise<RunPage | undefined> {
  const found = comparison.run(name);
  if (!found) return undefined;
  const { experiment, stored, entry } = found;
  return {
    run: entry,
    condition: stored.spec.condition,
    score: experiment.experiment.score,
    configuration: configurationOf(stored.spec),
    provenance: provenanceOf(stored),
    figures: await figuresOf(comparison.folder, experiment, stored),
  };
}

/** Figures of the network. A plug-in is code from elsewhere, which is not run because somebody looks. */
async function figuresOf(
  folder: string,
  experiment: StoredExperiment,
  stored: StoredRun,
): Promise<RunPage['figures']> {
  const { seed, spec } = stored;
  const { condition, plugins } = spec;
  if (plugins.length > 0)
    return [
      {
        name: 'network',
        description: 'What the network has learned.',
        missing: `this run needs ${plugins.map(({ path }) => basename(path)).join(', ')}, and the dashboard runs no plug-ins: dendrite plot ${shellQuoted(folder)} draws it`,
      },
    ];
  const runs = [stored];
  const listed = await listFigures(folder, { conditions: [condition.id], seed }, { experiment, runs });
  return FIGURES.flatMap((name) => listed.find((figure) => figure.name === name) ?? []);
}

function configurationOf({
  condition,
  seed,
  dataset,
  task,
  diagnostics,
  device,
  plugins,
}: RunSpec): NamedText[] {
  const { settings, options } = condition;
  return [
    ['Rule', condition.rule],
    ...(condition.recipe === null ? [] : [['Recipe', condition.recipe] as const]),
    ['Seed', String(seed)],
    ['Dataset', dataset.name],
    ...(dataset.validation > 0 ? [['Validation', `${dataset.validation} examples`] as const] : []),
    ['Task', task],
    ['Budget', budgetText(settings)],
    ...settingsOf(settings),
    ...Object.entries(options).map(([name, value]) => [`Option ${name}`, valueText(name, value)] as const),
    ['Diagnostics', diagnostics.join(', ') || 'none'],
    ['Device asked for', Object.values(device.asked).join(', ') || 'auto'],
    ...plugins.map(({ path, hash }) => ['Plug-in', `${path}, SHA-256 ${hash}`] as const),
  ];
}

const BUDGETS: readonly string[] = ['epochs', 'examples', 'multiplyAccumulates', 'seconds'];

const settingsOf = (settings: Settings): NamedText[] =>
  (Object.keys(settings) as SettingName[])
    .filter((name) => !BUDGETS.includes(name) && settings[name] !== null && isUsed(name, settings))
    .map((name) => [capital(wordsOf(name)), valueText(name, settings[name])]);

function provenanceOf({ provenance, spec, finishedAt, statesHash }: StoredRun): NamedText[] {
  const { resumed = [], ...first } = provenance;
  return [
    ['Begun', timeText(first.date)],
    ...resumed.map(({ date }) => ['Gone on with', timeText(date)] as const),
    ...(finishedAt === null ? [] : [['Ended', timeText(finishedAt)] as const]),
    ...machineOf(first),
    ['Dataset', `SHA-256 ${spec.dataset.hash}`],
    ...(statesHash === undefined ? [] : [['States at the end', `SHA-256 ${statesHash}`] as const]),
  ];
}

function machineOf({ dendrite, git, node, platform, cpu, cores, device }: RunProvenance): NamedText[] {
  const commit =
    git && `, commit ${git.commit.slice(0, 12)}${git.dirty ? ' with files that were changed since' : ''}`;
  return [
    ['Dendrite', `${dendrite}${commit ?? ''}`],
    ['Node.js', `${node} on ${platform}`],
    ['Machine', `${cpu}, ${cores} cores`],
    ...(device === null
      ? []
      : [['Device', `${device.name}, ${device.blas ?? device.backend}, ${device.hardware}`] as const]),
  ];
}

const timeText = (time: string): string => `${time.slice(0, 19).replace('T', ' ')} UTC`;

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;
