import { UserError } from '../kernels/index.ts';
import type { Dataset } from './dataset.ts';

/** What `dendrite datasets` shows of a dataset. */
export interface DatasetInfo {
  readonly name: string;
  readonly title: string;
  /** Number of training and of test examples; null when it depends on the files. */
  readonly train: number | null;
  readonly test: number | null;
  /** Where the data come from. */
  readonly source: string;
  readonly licence: string;
}

/** How a dataset was asked for. */
export interface DatasetRequest {
  /** In full, e.g. 'idx:faces'. */
  readonly name: string;
  /** What follows the colon, e.g. 'faces'; '' for a definition without `argument`. */
  readonly argument: string;
}

/** A dataset that `loadDataset` can load. */
export interface DatasetDefinition extends DatasetInfo {
  /** What follows the name and a colon, e.g. 'folder' for idx:<folder>; left out: nothing does. */
  readonly argument?: string;
  /** Gives the dataset without a validation split, most simply by `makeDataset`. */
  load(request: DatasetRequest): Dataset | Promise<Dataset>;
}

/**
 * Declares a dataset.
 * @throws UserError when a part is missing or of the wrong type
 */
export function defineDataset(definition: DatasetDefinition): DatasetDefinition {
  const fault = findFault(definition);
  if (fault) throw new UserError(`the dataset ${definition?.name ? `'${definition.name}' ` : ''}${fault}`);
  return definition;
}

/** What is wrong with a definition (it may come from a plain JavaScript file), or null. */
function findFault(definition: Partial<DatasetDefinition>): string | null {
  if (typeof definition !== 'object' || definition === null) return 'is not an object';
  for (const part of ['name', 'title', 'source', 'licence'] as const)
    if (typeof definition[part] !== 'string' || definition[part] === '') return `lacks the text '${part}'`;
  if (!/^[a-z][a-z0-9-]*$/.test(definition.name!))
    return 'needs a name in lower-case letters, digits and hyphens';
  for (const part of ['train', 'test'] as const) {
    const count = definition[part];
    if (count !== null && !(Number.isInteger(count) && count! > 0))
      return `needs the number of ${part === 'train' ? 'training' : 'test'} examples as '${part}', or null when it depends on the files`;
  }
  if (definition.argument !== undefined && (typeof definition.argument !== 'string' || !definition.argument))
    return "has 'argument', but not as a text";
  if (typeof definition.load !== 'function') return "lacks the function 'load'";
  return null;
}

/** Whether a value exported by a plug-in is meant as a dataset. */
export const isDatasetDefinition = (value: unknown): value is DatasetDefinition =>
  typeof value === 'object' && value !== null && 'load' in value && 'name' in value;
