import { RandomStream, type Table, type Tensor, UserError } from '../../kernels/index.ts';
import { stepsPerEpoch } from '../budget.ts';
import { epochOrder } from '../epoch-order.ts';
import { meanOverExamples } from '../evaluation.ts';
import type { BuiltTask, TaskContext, TaskDefinition } from '../task.ts';
import { checkInputs, checkPixelOutputs } from './layers-fit.ts';

/** Patterns that are asked for, at most; they lie evenly in the order in which patterns are stored. */
const CUES = 256;
/** Share of pixels that agree less that of those that do not, from which on a pattern is recalled: 1.5 % may be wrong. */
const RECALLED = 0.97;

/** Changes the pixels of one pattern. */
type Corrupt = (pixels: Uint8Array, random: RandomStream) => void;

/**
 * How cues come about.
 * @param mean of the stored patterns, a byte for each pixel
 * @throws UserError when there is no such way
 */
function corruption(argument: string, mean: () => Uint8Array): Corrupt {
  if (argument === 'lower-half') return (pixels) => void pixels.fill(0, Math.ceil(pixels.length / 2));
  if (argument === 'lower-half-mean')
    return (pixels) =>
      pixels.set(mean().subarray(Math.ceil(pixels.length / 2)), Math.ceil(pixels.length / 2));
  const [, percent] = /^flips-(\d+)$/.exec(argument) ?? [];
  if (percent === undefined || Number(percent) > 50)
    throw new UserError(
      `the task 'retrieval' knows no corruption '${argument}': write retrieval:flips-10 (10 % of the pixels inverted, at most 50), retrieval:lower-half (dark) or retrieval:lower-half-mean (the mean of what is stored)`,
    );
  return (pixels, random) => {
    const places = random.shuffle(Uint32Array.from(pixels, (_, i) => i));
    const count = Math.round((Number(percent) / 100) * pixels.length);
    for (const place of places.subarray(0, count)) pixels[place] = 255 - pixels[place]!;
  };
}

/**
 * Patterns are shown once, and are to be recalled from corrupted cues. The training images are what is stored (`--examples` of them, in
 * the order of the seed), and their recall is what is scored: test images have no part in it. Any rule whose outputs are pixels goes with it.
 */
export const retrieval: TaskDefinition = {
  name: 'retrieval',
  description:
    'Recall the images that were stored from corrupted cues; scored by the share of them that is not recalled, whatever the test images.',
  argument: 'corruption',
  score: { label: 'Stored patterns not recalled', unit: '%', better: 'lower', digits: 1 },
  defaults: {
    layers: [784, 784],
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    epochs: 1,
  },
  check({ argument, dataset, settings, definition }) {
    const { layers, loss, seconds, multiplyAccumulates, batch } = settings;
    corruption(argument, () => new Uint8Array());
    checkInputs(layers, dataset);
    if (layers.at(-1) !== dataset.width)
      throw new UserError(
        `layers: the last size is ${layers.at(-1)}, but an image of '${dataset.name}' has ${dataset.width} pixels to be recalled`,
      );
    checkPixelOutputs('retrieval', loss, definition);
    if (dataset.validation)
      throw new UserError(
        'validation: --task retrieval scores the recall of what was stored, so that no example can be set aside; leave it out',
      );
    if (seconds !== null || multiplyAccumulates !== null)
      throw new UserError(
        `${seconds === null ? 'multiply-accumulates' : 'seconds'}: --task retrieval has to know which images a run stores; give examples or epochs`,
      );
    const { count } = dataset.train.images;
    if (settings.examples === null && count % batch !== 0)
      throw new UserError(
        `batch: ${count} images of '${dataset.name}' are no whole number of minibatches of ${batch}, so that some would not be stored; choose another batch`,
      );
    if (settings.examples !== null && settings.examples > stepsPerEpoch(settings, count) * batch)
      throw new UserError(
        `examples: '${dataset.name}' has ${count} images, so ${settings.examples} of them cannot be stored; give at most as many, or epochs`,
      );
  },
  build: buildRetrieval,
};

async function buildRetrieval(context: TaskContext): Promise<BuiltTask> {
  const { kernels: k, respond, evaluationBatchSize } = context;
  const { patterns, cues } = drawCues(context);
  return {
    target: (input) => input,
    trainingScore: null,
    scale: 100,
    scoreOf: (name) =>
      meanOverExamples(k, name, cues.count, evaluationBatchSize, 100, (batch) => {
        const output = respond(k.gather(cues, batch)).at(-1)!;
        return missed(context, output, k.gather(patterns, batch));
      }),
  };
}

/** 1 for each row whose pattern is not recalled, else 0 (m x 1). NaN counts as white. */
function missed({ kernels: k }: TaskContext, output: Tensor, pattern: Tensor): Tensor {
  const agree = k.map((y, t) => (y <= 0.5 ? (t > 0.5 ? -1 : 1) : t > 0.5 ? 1 : -1), output, pattern);
  const overlap = k.sum(agree, { over: 'columns', scale: 1 / pattern.columns });
  return k.map((m, least) => (m >= least ? 0 : 1), overlap, RECALLED);
}

/** Stored patterns that are asked for, and their corrupted cues, which are the same for every rule. */
export function drawCues({
  kernels: { seed },
  dataset: { train },
  settings,
  argument,
}: Pick<TaskContext, 'kernels' | 'dataset' | 'settings' | 'argument'>): { patterns: Table; cues: Table } {
  const { images } = train;
  const { columns } = images;
  const stored = epochOrder(seed, 0, images.count).subarray(0, settings.examples ?? images.count);
  const count = Math.min(CUES, stored.length);
  const values = new Uint8Array(count * columns);
  for (let cue = 0; cue < count; cue++) {
    const row = stored[Math.floor((cue * stored.length) / count)]!;
    values.set(images.values.subarray(row * columns, (row + 1) * columns), cue * columns);
  }
  const corrupt = corruption(argument, () => meanOf(images, stored));
  const corrupted = values.slice();
  const random = new RandomStream(seed, 'cues');
  for (let cue = 0; cue < count; cue++)
    corrupt(corrupted.subarray(cue * columns, (cue + 1) * columns), random);
  const table = (name: string, values: Uint8Array): Table => ({ ...images, name, count, values });
  return { patterns: table('stored patterns', values), cues: table('cues', corrupted) };
}

/** The mean of some rows, rounded to bytes. */
function meanOf({ values, columns }: Table, rows: Uint32Array): Uint8Array {
  const sums = new Float64Array(columns);
  for (const row of rows) for (let i = 0; i < columns; i++) sums[i]! += values[row * columns + i]!;
  return Uint8Array.from(sums, (sum) => Math.round(sum / rows.length));
}
