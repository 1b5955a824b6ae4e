import { UserError } from '../kernels/index.ts';
import { type Moments, solveRidge } from './tasks/ridge.ts';

/** Values of several channels over time: steps x channels, row by row. */
export interface Recording {
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

/** What a brain and a model do during the same stimulus, step by step. */
export interface RecordedPair {
  readonly brain: Recording;
  readonly model: Recording;
}

/** Sequences, apart: for the fits, for the choice of the penalty of each, and for the scores. */
export interface ForecastInput {
  readonly fitted: readonly RecordedPair[];
  readonly held: readonly RecordedPair[];
  readonly tested: readonly RecordedPair[];
  /** In steps, each 1 or more. */
  readonly distances: readonly number[];
}

/** What a distance adds to the score of a brain. */
export interface ForecastScore {
  readonly distance: number;
  /** F(d) = R(X with X so many steps later) - R(X). */
  readonly future: number;
  /** The same of X so many steps earlier: what a brain that predicts nothing has as well, because stimuli resemble themselves. */
  readonly past: number;
  /** future - past: the score to look at. */
  readonly difference: number;
}

/** Penalties that are tried, relative to the mean variance of a feature. */
const PENALTIES = [1e-4, 1e-2, 1, 100] as const;

/**
 * Forecast scores (Caucheteux, Gramfort & King 2023, Nat. Hum. Behav. 7:430) of a brain with the features X of a model: how much better ridge regression
 * explains a brain when it has features of the future beside those of the present. R is the correlation of a channel with its prediction,
 * averaged over the channels that vary, on sequences that were not fitted. All scores are of the same steps, those that have a past and a
 * future at the largest distance. Because a stimulus that is like itself a while later gives a passive brain a score too, features of the past are
 * scored beside those of the future.
 * @throws UserError when distances or recordings are none, or have not the same steps and channels
 * @throws RangeError when no step has both, in one of the three parts
 */
export function forecastScores({ fitted, held, tested, distances }: ForecastInput): {
  /** R(X). */
  readonly brainScore: number;
  readonly scores: readonly ForecastScore[];
} {
  checkDistances(distances);
  checkRecordings({ fitted, held, tested });
  const margin = Math.max(...distances);
  const parts = [fitted, held, tested].map((pairs) => stepsOf(pairs, margin)) as [Step[], Step[], Step[]];
  if (parts.some((steps) => steps.length === 0))
    throw new RangeError(`sequences are too short for a distance of ${margin} steps`);
  const score = (offsets: readonly number[]): number => correlationOf(parts, offsets);
  const brainScore = score([0]);
  return {
    brainScore,
    scores: distances.map((distance) => {
      const [future, past] = [distance, -distance].map((offset) => score([0, offset]) - brainScore) as [
        number,
        number,
      ];
      return { distance, future, past, difference: future - past };
    }),
  };
}

function checkDistances(distances: readonly number[]): void {
  if (distances.length === 0 || !distances.every((distance) => Number.isInteger(distance) && distance >= 1))
    throw new UserError(
      `distances of a forecast are whole numbers of steps from 1 on, not ${distances.join(', ') || 'none'}`,
    );
}

/** Brain and model have as many steps, all of one have the same channels, and all values are finite. */
function checkRecordings(parts: Pick<ForecastInput, 'fitted' | 'held' | 'tested'>): void {
  const pairs = Object.entries(parts).flatMap(([part, pairs]) =>
    pairs.map((pair, n) => ({ pair, place: `${part}[${n}]` })),
  );
  for (const { pair, place } of pairs) {
    const [steps, other] = [stepsIn(pair.brain), stepsIn(pair.model)];
    if (!(Number.isInteger(steps) && steps === other))
      throw new UserError(
        `${place} has ${steps} steps of the brain and ${other} of the model: record both at the same steps`,
      );
    for (const who of ['brain', 'model'] as const) {
      const { channels, values } = pair[who];
      const first = pairs[0]!.pair[who].channels;
      if (channels !== first)
        throw new UserError(
          `${place} has ${channels} channels of the ${who}, and the first pair ${first}: record the same ones always`,
        );
      const wrong = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
      if (wrong >= 0)
        throw new UserError(
          `${place} has the value ${values[wrong]} of the ${who} at step ${Math.floor(wrong / channels)}: only finite ones can be scored`,
        );
    }
  }
}

const stepsIn = ({ channels, values }: Recording): number => values.length / channels;

/** One step of a sequence. */
interface Step extends RecordedPair {
  readonly at: number;
}

const stepsOf = (pairs: readonly RecordedPair[], margin: number): Step[] =>
  pairs.flatMap((pair) => {
    const inside = Math.max(0, stepsIn(pair.brain) - 2 * margin);
    return Array.from({ length: inside }, (_, i) => ({ ...pair, at: margin + i }));
  });

/** Of the test steps, with the penalty that is best on those that are held out. */
function correlationOf([fitted, held, tested]: readonly Step[][], offsets: readonly number[]): number {
  const moments = momentsOf(fitted!, offsets);
  const [first, ...others] = PENALTIES.map((penalty) => {
    const fit = solveRidge(moments, fitted!.length, penalty);
    return { fit, correlation: meanCorrelation(held!, offsets, fit) };
  });
  const best = others.reduce((best, one) => (one.correlation > best.correlation ? one : best), first!);
  return meanCorrelation(tested!, offsets, best.fit);
}

/** Features of a step: those of the model at each offset, one after the other. */
function featuresOf({ model, at }: Step, offsets: readonly number[], into: Float64Array): void {
  let i = 0;
  for (const offset of offsets)
    for (let c = 0, from = (at + offset) * model.channels; c < model.channels; c++)
      into[i++] = model.values[from + c]!;
}

function momentsOf(steps: readonly Step[], offsets: readonly number[]): Moments {
  const [n, m] = [offsets.length * steps[0]!.model.channels, steps[0]!.brain.channels];
  const [hh, ht] = [new Float64Array(n * n), new Float64Array(n * m)];
  const [h, t] = [new Float64Array(n), new Float64Array(m)];
  const x = new Float64Array(n);
  for (const step of steps) {
    featuresOf(step, offsets, x);
    const from = step.at * m;
    for (let c = 0; c < m; c++) t[c]! += step.brain.values[from + c]!;
    for (let i = 0; i < n; i++) {
      const value = x[i]!;
      h[i]! += value;
      for (let j = 0, row = i * n; j <= i; j++) hh[row + j]! += value * x[j]!;
      for (let c = 0, row = i * m; c < m; c++) ht[row + c]! += value * step.brain.values[from + c]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) hh[j * n + i] = hh[i * n + j]!;
  return { hh, ht, h, t };
}

/** Pearson's correlation of prediction and channel, averaged over channels that vary; that of a prediction that does not is 0. */
function meanCorrelation(
  steps: readonly Step[],
  offsets: readonly number[],
  { weights, bias }: ReturnType<typeof solveRidge>,
): number {
  const [n, m] = [weights.length / bias.length, bias.length];
  const x = new Float64Array(n);
  const predicted = new Float64Array(m);
  const sums = Array.from({ length: 5 }, () => new Float64Array(m));
  const [sp, sb, spp, sbb, spb] = sums as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const step of steps) {
    featuresOf(step, offsets, x);
    predicted.set(bias);
    for (let i = 0; i < n; i++)
      for (let c = 0, row = i * m; c < m; c++) predicted[c]! += x[i]! * weights[row + c]!;
    for (let c = 0, from = step.at * m; c < m; c++) {
      const [p, b] = [predicted[c]!, step.brain.values[from + c]!];
      sp[c]! += p;
      sb[c]! += b;
      spp[c]! += p * p;
      sbb[c]! += b * b;
      spb[c]! += p * b;
    }
  }
  let [total, counted] = [0, 0];
  for (let c = 0; c < m; c++) {
    const count = steps.length;
    const varianceP = spp[c]! / count - (sp[c]! / count) ** 2;
    const varianceB = sbb[c]! / count - (sb[c]! / count) ** 2;
    if (!(varianceB > 1e-12)) continue;
    counted++;
    if (varianceP > 1e-18)
      total += (spb[c]! / count - (sp[c]! / count) * (sb[c]! / count)) / Math.sqrt(varianceP * varianceB);
  }
  return counted === 0 ? 0 : total / counted;
}
