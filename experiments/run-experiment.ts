import type { DeviceOptions } from '../devices/index.ts';
import { type ComparisonDocument, makeTimedFolder } from '../results/index.ts';
import { findSetting } from '../training/index.ts';
import {
  type CompareEvents,
  type CompareOptions,
  type ComparisonPlan,
  openPlanned,
  type PreparedComparison,
  planComparison,
} from './compare.ts';
import { type ExperimentDefinition, parseExperiment } from './experiment.schema.ts';
import { type ExperimentSource, readExperimentFile, toSentence } from './experiment-file.ts';
import { type ExperimentPart, expandExperiment } from './grid.ts';
import { describePlace, ExperimentMistake, mistakeAt, type Place } from './mistake.ts';
import { loadPlugins, type Plugins } from './plugins.ts';

/** Where an experiment's results go, which checkpoints stay, and how many runs go on at the same time: as for `compare`. */
export type RunExperimentOptions = Pick<CompareOptions, 'out' | 'jobs' | 'checkpoint' | 'checkpointEvery'>;

/** What `planExperiment` is given beside the experiment. */
export type PlanOptions = RunExperimentOptions & {
  /** Those of the experiment, where they are loaded already. */
  readonly plugins?: Plugins;
};

/** One of an experiment's comparisons, checked, before anything of it is written. */
export interface PlannedPart {
  /** The dataset and the task, as far as the experiment has several; empty for the only part. */
  readonly name: string;
  readonly plan: ComparisonPlan;
}

/** An experiment that is checked, before anything of it is written. */
export interface PlannedExperiment {
  readonly definition: ExperimentDefinition;
  readonly parts: readonly PlannedPart[];
  readonly out: string;
}

/**
 * Trains everything that an experiment describes, comparison after comparison.
 * @param experiment a file, or what `defineExperiment` gives; paths in the latter start at the current directory
 * @returns a document for each dataset and task
 * @throws UserError for what cannot work, before anything starts; faults of single runs are in their results
 */
export async function runExperiment(
  experiment: string | ExperimentDefinition,
  options: RunExperimentOptions = {},
  events: CompareEvents = {},
): Promise<ComparisonDocument[]> {
  const source =
    typeof experiment === 'string'
      ? await readExperimentFile(experiment)
      : { definition: experiment, locate: describePlace };
  const documents: ComparisonDocument[] = [];
  for (const { run } of openExperiment(await planExperiment(source, options))) {
    documents.push(await run(events));
    events.signal?.throwIfAborted();
  }
  return documents;
}

/**
 * Checks a whole experiment, and loads what it needs.
 * @throws UserError that says where in the experiment the first mistake stands
 */
export async function planExperiment(
  { definition: given, locate }: ExperimentSource,
  { out = 'runs', plugins: loaded, ...runs }: PlanOptions,
): Promise<PlannedExperiment> {
  try {
    const definition = parseExperiment(given);
    const plugins = loaded ?? (await loadPlugins(definition.plugins ?? []).catch(mistakeAt(['plugins'])));
    const parts: PlannedPart[] = [];
    for (const part of expandExperiment(definition, plugins))
      parts.push({ name: part.name, plan: await planPart(part, definition, plugins, runs) });
    return { definition, parts, out };
  } catch (error) {
    throw toSentence(locate, error);
  }
}

async function planPart(
  { input, locate }: ExperimentPart,
  definition: ExperimentDefinition,
  plugins: Plugins,
  runs: Omit<RunExperimentOptions, 'out'>,
): Promise<ComparisonPlan> {
  try {
    const device = deviceOf(definition);
    return await planComparison({ ...input, device, plugins, ...runs });
  } catch (error) {
    throw error instanceof ExperimentMistake
      ? relocated(locate(error.place), error.message, definition)
      : error;
  }
}

/** What is wrong with a setting of a condition is stated with the rule, or for all rules. */
function relocated(place: Place, message: string, definition: ExperimentDefinition): ExperimentMistake {
  const [, name = '', what = ''] = /^([a-z-]+): (.*)$/s.exec(message) ?? [];
  const setting = findSetting(name);
  if (setting === null || place[0] !== 'rules') return new ExperimentMistake(place, message);
  const entry = definition.rules[Number(place[1])]!;
  if (typeof entry !== 'string' && entry.settings?.[setting] !== undefined)
    return new ExperimentMistake([...place, 'settings', setting], what);
  return definition.settings?.[setting] === undefined
    ? new ExperimentMistake(place, message)
    : new ExperimentMistake(['settings', setting], what);
}

const deviceOf = ({ device, backend, blas }: ExperimentDefinition): DeviceOptions => ({
  ...(device !== undefined && { device }),
  ...(backend !== undefined && { backend }),
  ...(blas !== undefined && { blas }),
});

/**
 * Makes the folders of an experiment: that of its comparison, or one of the time with a folder for each of several.
 * @throws UserError if one cannot be made or written
 */
export function openExperiment({ definition, parts, out }: PlannedExperiment): PreparedComparison[] {
  if (parts.length === 1) return [openPlanned(parts[0]!.plan, out, definition)];
  const parent = makeTimedFolder(out, 'experiment');
  const names = parts.map(({ name }) => name);
  return parts.map(({ name, plan }, i) =>
    openPlanned(plan, parent, definition, names.indexOf(name) < i ? `${name}-${i + 1}` : name),
  );
}
