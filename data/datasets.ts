import { closest, UserError } from '../kernels/index.ts';
import { associativeRecall } from './associative-recall.ts';
import type { Dataset } from './dataset.ts';
import type { DatasetDefinition, DatasetInfo } from './definition.ts';
import { graphWorlds } from './graph-worlds.ts';
import { idxFolder } from './idx-folder.ts';
import { mnist, mnistFull, movingDigits } from './mnist.ts';
import { mnistSmall } from './mnist-small.ts';
import { patterns } from './patterns.ts';
import { withTrainingExamples, withValidation } from './stratify.ts';

/** The datasets that come with the framework, the default first. */
export const DATASETS: readonly DatasetDefinition[] = [
  mnist,
  mnistFull,
  mnistSmall,
  movingDigits,
  patterns,
  graphWorlds,
  associativeRecall,
  idxFolder,
];

/** The validation split that is taken out of a dataset. */
export interface LoadOptions {
  /** Number of examples taken out of the training set, in the proportions of its classes; default 0. */
  validation?: number;
  /** Seed of that draw; default 0. */
  seed?: number;
}

/**
 * The datasets that `loadDataset` knows, the default first.
 * @param extra datasets of the user's own, from plug-ins
 * @throws UserError when two have one name
 */
export function listDatasets(extra: readonly DatasetDefinition[] = []): DatasetInfo[] {
  return withExtra(extra).map((definition) => {
    const { title, train, test, source, licence } = definition;
    return { name: usage(definition), title, train, test, source, licence };
  });
}

/**
 * Loads a dataset, pixels as bytes, into shared memory. Each call loads it again.
 * @param name `mnist`, `mnist-full`, `mnist-small:<side>`, `moving-digits:<frames>`, `patterns:<bits>`, `graph-worlds:<world>`, `associative-recall:<pairs>`, `idx:<folder>` or that of an extra dataset; with `@600` after it, 600 of its training examples
 * @param extra datasets of the user's own, from plug-ins
 * @throws UserError for an unknown name, a missing, unreadable or wrong file, or a validation size that does not fit
 */
export async function loadDataset(
  name: string,
  { validation = 0, seed = 0 }: LoadOptions = {},
  extra: readonly DatasetDefinition[] = [],
): Promise<Dataset> {
  const { whole, examples } = splitName(name);
  const { definition, argument } = findDataset(whole, withExtra(extra));
  const dataset = await load(definition, whole, argument);
  const part = examples === null ? dataset : { ...withTrainingExamples(dataset, examples), name };
  return withValidation(part, validation, seed);
}

/** What is asked for of a name like mnist-full@600: the dataset, and how many of its training examples; null: all. */
function splitName(name: string): { whole: string; examples: number | null } {
  const [, whole = name, examples] = /^(.*)@(\d+)$/s.exec(name) ?? [];
  return { whole, examples: examples === undefined ? null : Number(examples) };
}

function withExtra(extra: readonly DatasetDefinition[]): readonly DatasetDefinition[] {
  const all = [...DATASETS, ...extra];
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) < i);
  if (twice) throw new UserError(`two datasets are named '${twice.name}'; rename the one of the plug-in`);
  return all;
}

function findDataset(
  text: string,
  datasets: readonly DatasetDefinition[],
): { definition: DatasetDefinition; argument: string } {
  const [name = '', ...rest] = text.split(':');
  const definition = datasets.find((dataset) => dataset.name === name);
  if (!definition) {
    const near = closest(
      name,
      datasets.map((dataset) => dataset.name),
    );
    const choices = datasets.map(usage);
    throw new UserError(
      `unknown dataset '${text}'${near ? ` (did you mean '${near}'?)` : ''}: ` +
        `choose ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
    );
  }
  const argument = rest.join(':');
  if (definition.argument && argument === '')
    throw new UserError(
      `the dataset '${name}' needs <${definition.argument}> after its name: write ${usage(definition)}`,
    );
  if (!definition.argument && rest.length > 0)
    throw new UserError(`the dataset '${name}' takes nothing after its name, not '${argument}'`);
  return { definition, argument };
}

/** How a dataset is written, e.g. 'idx:<folder>'. */
const usage = ({ name, argument }: DatasetDefinition): string => (argument ? `${name}:<${argument}>` : name);

/** The dataset under the name that it was asked for. */
async function load(definition: DatasetDefinition, name: string, argument: string): Promise<Dataset> {
  let dataset: Dataset;
  try {
    dataset = await definition.load({ name, argument });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const [reason] = String((error as Error)?.message ?? error).split('\n');
    throw new UserError(`the dataset '${name}' could not be loaded: ${reason}`, { cause: error });
  }
  if (!dataset?.train?.images || !dataset.test?.images)
    throw new UserError(
      `the dataset '${name}' gives no Dataset; its \`load\` must return what makeDataset({ ... }) gives`,
    );
  return { ...dataset, name };
}
