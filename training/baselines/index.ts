import { closest, UserError } from '../../kernels/index.ts';
import type { Baseline, BaselineContext } from './baseline.ts';
import { chance } from './chance.ts';
import { nearestNeighbour } from './nearest-neighbour.ts';
import { pixelsRidge } from './pixels-ridge.ts';
import { randomFeaturesRidge } from './random-features-ridge.ts';

export type { Baseline, BaselineContext } from './baseline.ts';

/** In the order of lists: the most trivial first. */
export const BASELINES: readonly Baseline[] = [chance, pixelsRidge, randomFeaturesRidge, nearestNeighbour];

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

/** What a baseline came to. */
export interface BaselineResult {
  /** Share of wrong answers to the test images, in %. */
  readonly score: number;
  readonly detail?: string;
  readonly seconds: number;
}

/** Lets a baseline answer the test images. */
export async function scoreBaseline(baseline: Baseline, context: BaselineContext): Promise<BaselineResult> {
  const begin = performance.now();
  const { classes, detail } = await baseline.classify(context);
  const labels = context.dataset.test.labels!.values;
  const wrong = labels.reduce((count, label, i) => count + Number(classes[i] !== label), 0);
  return {
    score: (100 * wrong) / labels.length,
    ...(detail !== undefined && { detail }),
    seconds: (performance.now() - begin) / 1000,
  };
}
