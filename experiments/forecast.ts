import { type Dataset, loadDataset } from '../data/index.ts';
import { openDevice } from '../devices/index.ts';
import { UserError } from '../kernels/index.ts';
import { type ForecastScore, forecastScores, type RecordedPair, type Recording } from '../training/index.ts';
import { type FoundRun, findTrainedRun } from './trained-run.ts';

/** Test sequences: three fifths are fitted, a fifth each chooses penalties and is scored. */
const SEQUENCES = 250;
/** Neurons of a layer that are looked at, at most: the cost of ridge regression grows with the cube of the number of features. */
const BRAIN_NEURONS = 32;
const MODEL_NEURONS = 128;

/** How forecasts are scored. */
export interface ForecastOptions {
  /** Long sequences that both networks are shown, window after window; `moving-digits:32` when left out. */
  readonly dataset?: string | undefined;
  /** Hidden layers that are compared, from 1; the last one of each when left out. */
  readonly brainLayer?: number | undefined;
  readonly modelLayer?: number | undefined;
  /** The largest distance in frames; 7 when left out. */
  readonly distance?: number | undefined;
}

/** How well features of a model explain a brain. */
export interface BrainScores {
  /** R(X): the correlation of a neuron with its prediction from the features X of the same frame, a mean over neurons. */
  readonly brainScore: number;
  /** What features of frames later and earlier add to it, for each distance from 1. */
  readonly scores: readonly ForecastScore[];
}

/** How well the future of one network explains another. */
export interface RunForecast {
  readonly dataset: string;
  /** Names of the populations. */
  readonly brainLayer: string;
  readonly modelLayer: string;
  readonly brain: BrainScores;
  /** The control: the same brain with the weights that it started from, which has learned to predict nothing. */
  readonly passive: BrainScores;
  readonly notes: readonly string[];
}

/**
 * The forecast scores of one stored run, the brain, with the features of another, the model. Both are shown the same sequences, in windows
 * that end at the same frames.
 * @param brain folder of a run
 * @param model folder of a run
 * @throws UserError when a run cannot be opened, its images are no sequences, sequences do not fit, or there is no such hidden layer
 */
export async function forecastRuns(
  brain: string,
  model: string,
  { dataset: name = 'moving-digits:32', brainLayer, modelLayer, distance = 7 }: ForecastOptions = {},
): Promise<RunForecast> {
  const [brainRun, modelRun] = [await findTrainedRun(brain), await findTrainedRun(model)];
  const long = await loadDataset(name);
  const ofBrain = { option: 'brain-layer', layer: brainLayer, most: BRAIN_NEURONS } as const;
  const watched = await watch(brainRun, long, ofBrain);
  const passive = await watch(brainRun, long, { ...ofBrain, untrained: true });
  const ofModel = { option: 'model-layer', layer: modelLayer, most: MODEL_NEURONS } as const;
  const features = await watch(modelRun, long, ofModel);
  const distances = Array.from({ length: distance }, (_, i) => i + 1);
  const scores = (other: Watched): BrainScores => {
    const pairs = pairsOf(other, features);
    const [first, second] = [Math.floor(0.6 * pairs.length), Math.floor(0.8 * pairs.length)];
    const parts = {
      fitted: pairs.slice(0, first),
      held: pairs.slice(first, second),
      tested: pairs.slice(second),
    };
    try {
      return forecastScores({ ...parts, distances });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UserError(
        `--distance ${distance}: ${error.message}; give a smaller one, or longer sequences (--dataset)`,
      );
    }
  };
  return {
    ...{ dataset: name, brainLayer: watched.layer, modelLayer: features.layer },
    ...{ brain: scores(watched), passive: scores(passive) },
    notes: [...new Set([...watched.notes, ...features.notes])],
  };
}

/** What a hidden layer does during each sequence. */
interface Watched {
  readonly layer: string;
  /** Number of the frame at which the first window ends. */
  readonly begin: number;
  readonly recordings: readonly Recording[];
  readonly notes: readonly string[];
}

/** What of a run is looked at. */
interface Look {
  /** Which chooses the layer. */
  readonly option: 'brain-layer' | 'model-layer';
  readonly layer: number | undefined;
  readonly most: number;
  readonly untrained?: boolean;
}

async function watch(
  found: FoundRun,
  long: Dataset,
  { option, layer, most, untrained = false }: Look,
): Promise<Watched> {
  const { frames = 0, width } = found.dataset;
  const size = width / frames;
  const { label } = found.spec.condition;
  if (frames === 0)
    throw new UserError(
      `${label} was trained on '${found.dataset.name}', whose images are no sequences; train it on moving-digits:4`,
    );
  if (long.frames === undefined || long.width / long.frames !== size || long.frames < frames)
    throw new UserError(
      `'${long.name}' has no sequences of ${frames} frames or more of ${size} pixels, as ${label} is shown; choose --dataset moving-digits:32`,
    );
  const windows = long.frames - frames + 1;
  const { trainer, notes } = await found.open(() => openDevice({ device: 'cpu', blas: 'none' }), {
    untrained,
  });
  try {
    const { first, count } = trainer.shown;
    const hidden = trainer.network.populations.slice(1, -1);
    if (hidden.length === 0)
      throw new UserError(`${label} has no hidden layers to compare; choose another run`);
    const chosen = layer ?? hidden.length;
    const population = hidden[chosen - 1];
    if (!population)
      throw new UserError(
        `--${option} ${chosen}: ${label} has ${hidden.length === 1 ? '1 hidden layer; choose 1' : `${hidden.length} hidden layers; choose 1 to ${hidden.length}`}`,
      );
    const recordings: Recording[] = [];
    const { values, scale, count: sequences } = long.test.images;
    for (let n = 0; n < Math.min(SEQUENCES, sequences); n++) {
      const images = new Float32Array(windows * width);
      for (let t = 0; t < windows; t++)
        for (let i = 0, from = n * long.width + t * size; i < width; i++)
          images[t * width + i] = values[from + i]! * scale;
      const rates = await trainer.respond(images);
      recordings.push(thinned({ channels: population.size, values: rates[chosen - 1]! }, most));
    }
    return { layer: population.name, begin: (first + count) / size - 1, recordings, notes };
  } finally {
    await trainer.dispose();
  }
}

/** At most so many channels, evenly from first to last. */
function thinned({ channels, values }: Recording, most: number): Recording {
  const kept = Math.min(most, channels);
  const steps = values.length / channels;
  return {
    channels: kept,
    values: Float32Array.from({ length: steps * kept }, (_, i) => {
      const channel = Math.floor(((i % kept) * channels) / kept);
      return values[Math.floor(i / kept) * channels + channel]!;
    }),
  };
}

/** Both at the frames at which windows of both end. */
function pairsOf(brain: Watched, model: Watched): RecordedPair[] {
  const begin = Math.max(brain.begin, model.begin);
  const steps = ({ recordings: [recording], begin }: Watched) =>
    begin + recording!.values.length / recording!.channels;
  const end = Math.min(steps(brain), steps(model));
  const part = ({ begin: own, recordings }: Watched, n: number): Recording => {
    const { channels, values } = recordings[n]!;
    return {
      channels,
      values: Array.prototype.slice.call(values, (begin - own) * channels, (end - own) * channels),
    };
  };
  return brain.recordings.map((_, n) => ({ brain: part(brain, n), model: part(model, n) }));
}
