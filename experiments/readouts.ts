import { type Dataset, loadDataset, type Split } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import { RandomStream, UserError } from '../kernels/index.ts';
import { type Moments, RIDGE_PENALTY, solveRidge } from '../training/index.ts';
import { findTrainedRun, type TrainedRun } from './trained-run.ts';

/** Random halves that the two halves of a layer are held against. */
const HALVES = 20;

/** What can be read from a population, in % of wrong answers to the test images. */
export interface LayerReadout {
  readonly population: string;
  /** Name of the dataset whose labels are read. */
  readonly labels: string;
  readonly error: number;
  /** From the same neurons before training. */
  readonly untrained: number;
}

/**
 * How much two halves of a layer differ in what they know: S = |[r(A) - r(B)] - [q(A) - q(B)]|, in percentage points, of the shares r and q of right answers for two kinds of
 * labels (after Bakhtiari et al. 2021, who compare areas of mice).
 */
export interface Specialisation {
  readonly population: string;
  /** Whether the halves are the streams of the structure; else they are the first and the second half of the neurons. */
  readonly areStreams: boolean;
  /** Errors in % of the first and of the second half, for each kind of labels. */
  readonly errors: readonly (readonly [first: number, second: number])[];
  readonly index: number;
  /** Of the same halves before training. */
  readonly untrained: number;
  /** Of random halves of the same neurons: what halves differ by chance. */
  readonly random: readonly number[];
}

/** What the hidden layers of a run know. */
export interface RunReadouts {
  readonly checkpoint: string;
  readonly step: number;
  readonly notes: readonly string[];
  readonly readouts: readonly LayerReadout[];
  /** Of each hidden layer of an even number of neurons; empty where labels are not of two kinds. */
  readonly specialisations: readonly Specialisation[];
}

/**
 * Reads labels from the hidden layers of a stored run: a linear readout for each, fitted to the training images in closed form, beside that of the same network before it was
 * trained. It may be read what the network was never taught.
 * @param folder of the run
 * @param labels names of datasets of images as the network is shown; with two of them, halves of layers are compared
 * @throws UserError when the run cannot be opened, its network has no hidden layers, or a dataset does not fit
 */
export async function readLayers(folder: string, labels: readonly string[]): Promise<RunReadouts> {
  const found = await findTrainedRun(folder);
  const datasets = await Promise.all(labels.map((name) => loadDataset(name)));
  const openCpu = () => openDevice({ device: 'cpu', blas: 'none' });
  const trained = await found.open(openCpu);
  const after = await withRun(trained, datasets);
  const before = await withRun(await found.open(openCpu, { untrained: true }), datasets);
  const areStreams = found.spec.condition.settings.structure === 'two-streams';
  const random = new RandomStream(found.spec.seed, 'random halves');
  return {
    ...{ checkpoint: trained.checkpoint, step: trained.step, notes: trained.notes },
    readouts: after.flatMap(({ population, readers }, l) =>
      readers.map((reader, i) => ({
        population,
        labels: labels[i]!,
        error: reader.error(all(reader.size)),
        untrained: before[l]!.readers[i]!.error(all(reader.size)),
      })),
    ),
    specialisations: after.flatMap(({ population, readers }, l) => {
      const size = readers[0]?.size ?? 0;
      if (readers.length !== 2 || size % 2 === 1) return [];
      const errors = errorsOf(readers, halvesOf(all(size)));
      return {
        ...{ population, areStreams, errors },
        index: indexOf(errors),
        untrained: indexOf(errorsOf(before[l]!.readers, halvesOf(all(size)))),
        random: Array.from({ length: HALVES }, () =>
          indexOf(errorsOf(readers, halvesOf([...random.shuffle(Uint32Array.from(all(size)))]))),
        ),
      };
    }),
  };
}

const all = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

/** Numbers of neurons of a layer. */
type Halves = readonly [first: readonly number[], second: readonly number[]];

const halvesOf = (neurons: readonly number[]): Halves => [
  neurons.slice(0, neurons.length / 2),
  neurons.slice(neurons.length / 2),
];

/** Of each half, for each kind of labels. */
const errorsOf = (readers: readonly Reader[], [first, second]: Halves): [number, number][] =>
  readers.map((reader) => [reader.error(first), reader.error(second)]);

/** S of errors in %. */
export const indexOf = ([one, other]: readonly (readonly [number, number])[]): number =>
  Math.abs(one![1] - one![0] - (other![1] - other![0]));

/** A hidden layer, with what reads each kind of labels from it. */
interface Layer {
  readonly population: string;
  readonly readers: readonly Reader[];
}

async function withRun(run: TrainedRun, datasets: readonly Dataset[]): Promise<Layer[]> {
  const hidden = run.trainer.network.populations.slice(1, -1);
  try {
    if (hidden.length === 0)
      throw new UserError(
        `${run.spec.condition.label} has no hidden layers to read from; choose another run`,
      );
    const readers: Reader[][] = hidden.map(() => []);
    for (const dataset of datasets) {
      const [train, test] = [
        await ratesOf(run, dataset, dataset.train),
        await ratesOf(run, dataset, dataset.test),
      ];
      for (const [l, { size }] of hidden.entries())
        readers[l]!.push(new Reader(size, dataset, train[l]!, test[l]!));
    }
    return hidden.map(({ name }, l) => ({ population: name, readers: readers[l]! }));
  } finally {
    await run.trainer.dispose();
  }
}

/**
 * @returns firing rates of all populations above the input
 * @throws UserError when images are of another size than the network is shown, or have no labels
 */
function ratesOf(
  { trainer, dataset, spec }: TrainedRun,
  { name, width, classes }: Dataset,
  { images }: Split,
) {
  const { first, count } = trainer.shown;
  if (classes === 0)
    throw new UserError(`the dataset '${name}' has no labels that could be read; choose another`);
  if (width !== dataset.width && width !== count)
    throw new UserError(
      `an image of '${name}' has ${width} pixels, and the network of ${spec.condition.label} is shown ${count} of ${dataset.width}; choose a dataset of such images`,
    );
  const from = width === dataset.width ? 0 : first;
  const shown = new Float32Array(images.count * dataset.width);
  for (let n = 0; n < images.count; n++)
    for (let i = 0; i < width; i++)
      shown[n * dataset.width + from + i] = images.values[n * width + i]! * images.scale;
  return trainer.respond(shown);
}

type Read = Pick<Dataset, 'train' | 'test' | 'classes'>;

/** Reads one kind of labels from any neurons of a layer. Sums over the training images are made once, for all of them. */
export class Reader {
  readonly size: number;
  readonly #dataset: Read;
  readonly #sums: Readonly<Record<keyof Moments, Float64Array>>;
  readonly #test: Float32Array;

  /** @param train rates of the layer for the training images, row by row */
  constructor(size: number, dataset: Read, train: Float32Array, test: Float32Array) {
    const { classes } = dataset;
    this.size = size;
    this.#dataset = dataset;
    this.#test = test;
    const sums = {
      hh: new Float64Array(size * size),
      ht: new Float64Array(size * classes),
      h: new Float64Array(size),
      t: new Float64Array(classes),
    };
    for (const [n, label] of dataset.train.labels!.values.entries()) {
      const rates = train.subarray(n * size, (n + 1) * size);
      sums.t[label]!++;
      for (let i = 0; i < size; i++) {
        const rate = rates[i]!;
        sums.h[i]! += rate;
        sums.ht[i * classes + label]! += rate;
        for (let j = 0, row = i * size; j <= i; j++) sums.hh[row + j]! += rate * rates[j]!;
      }
    }
    for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sums.hh[j * size + i] = sums.hh[i * size + j]!;
    this.#sums = sums;
  }

  /** Wrong answers to the test images in %, read from these neurons alone. */
  error(neurons: readonly number[]): number {
    const { train, test, classes } = this.#dataset;
    const { hh, ht, h, t } = this.#sums;
    const moments = {
      hh: Float64Array.from(neurons.flatMap((i) => neurons.map((j) => hh[i * this.size + j]!))),
      ht: Float64Array.from(neurons.flatMap((i) => all(classes).map((c) => ht[i * classes + c]!))),
      h: Float64Array.from(neurons, (i) => h[i]!),
      t,
    };
    const { weights, bias } = solveRidge(moments, train.images.count, RIDGE_PENALTY);
    let wrong = 0;
    for (const [n, label] of test.labels!.values.entries()) {
      const answer = Float64Array.from(bias);
      for (const [i, neuron] of neurons.entries())
        for (let c = 0; c < classes; c++)
          answer[c]! += this.#test[n * this.size + neuron]! * weights[i * classes + c]!;
      if (answer.indexOf(Math.max(...answer)) !== label) wrong++;
    }
    return (100 * wrong) / test.images.count;
  }
}
