import { closest, UserError } from '../../kernels/index.ts';
import type { TaskDefinition } from '../task.ts';
import { copyError, framesOf } from '../tasks/next-frame.ts';
import type { Baseline, BaselineContext, Classifier, Predictor } from './baseline.ts';
import { chance } from './chance.ts';
import { constantVelocity } from './constant-velocity.ts';
import { copyLastFrame } from './copy-last-frame.ts';
import { framesRidge } from './frames-ridge.ts';
import { nearestNeighbour } from './nearest-neighbour.ts';
import { pixelsRidge } from './pixels-ridge.ts';
import { randomFeaturesRidge } from './random-features-ridge.ts';

export type { Baseline, BaselineContext } from './baseline.ts';

/** In the order of lists: the most trivial first. */
export const BASELINES: readonly Baseline[] = [
  chance,
  pixelsRidge,
  randomFeaturesRidge,
  nearestNeighbour,
  copyLastFrame,
  constantVelocity,
  framesRidge,
];

/** @throws UserError for a name that there is not */
export function findBaseline(name: string): Baseline {
  const found = BASELINES.find((baseline) => baseline.name === name);
  if (found) return found;
  const names = BASELINES.map((baseline) => baseline.name);
  const near = closest(name, names);
  throw new UserError(
    `there is no baseline '${name}'; ${near ? `did you mean '${near}'?` : `there are ${names.join(', ')}`}`,
  );
}

/** Whether what a baseline gives is what a task scores. */
export const goesWith = (baseline: Baseline, { scoresClasses, scoresFrames }: TaskDefinition): boolean =>
  ('classify' in baseline ? scoresClasses : scoresFrames) === true;

/** What a baseline came to. */
export interface BaselineResult {
  /** Share of wrong answers to the test images, in %; of frames, the squared error of that of copying the last one shown. */
  readonly score: number;
  readonly detail?: string;
  readonly seconds: number;
}

/** Lets a baseline answer the test images. */
export async function scoreBaseline(baseline: Baseline, context: BaselineContext): Promise<BaselineResult> {
  const begin = performance.now();
  const result =
    'classify' in baseline ? await scoreClasses(baseline, context) : await scoreFrames(baseline, context);
  return { ...result, seconds: (performance.now() - begin) / 1000 };
}

type Scored = Omit<BaselineResult, 'seconds'>;

async function scoreClasses(baseline: Classifier, context: BaselineContext): Promise<Scored> {
  const { classes, detail } = await baseline.classify(context);
  const labels = context.dataset.test.labels!.values;
  const wrong = labels.reduce((count, label, i) => count + Number(classes[i] !== label), 0);
  return { score: (100 * wrong) / labels.length, ...(detail !== undefined && { detail }) };
}

async function scoreFrames(baseline: Predictor, context: BaselineContext): Promise<Scored> {
  const { dataset, argument } = context;
  const error = await baseline.predict(context);
  return {
    score: error / copyError(dataset.test, framesOf(dataset, argument)),
    detail: `squared error ${error.toFixed(5)} per pixel`,
  };
}
