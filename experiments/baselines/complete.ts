import {
  type BaselineScore,
  checkLock,
  lastHidden,
  readBaselines,
  writeBaselines,
} from '../../results/index.ts';
import { findBaseline } from '../../training/index.ts';
import type { Experiment } from '../experiment.ts';
import type { Setup } from '../setup.ts';
import { scoreInThread } from './in-thread.ts';
import type { BaselineTask } from './score.ts';

/** What baselines tell while they are scored. */
export interface BaselineEvents {
  /** Before the first of so many. */
  baselinesBegun?(count: number): void;
  /** After each. */
  baselineScored?(score: BaselineScore): void;
}

/**
 * Scores the baselines of a comparison that are not recorded yet, and records them.
 * @param lock file of the lock on the comparison's folder
 * @param signal ends it at once: those that are missing stay so
 * @returns all that are recorded
 * @throws UserError when one cannot be scored
 */
export async function completeBaselines(
  folder: string,
  { experiment, dataset, common }: Pick<Setup, 'experiment' | 'dataset' | 'common'>,
  lock: string,
  signal: AbortSignal,
  { baselinesBegun, baselineScored }: BaselineEvents = {},
): Promise<BaselineScore[]> {
  const scores = readBaselines(folder);
  const missing = tasksOf(experiment).filter((task) => !scores.some((score) => isSame(score, task)));
  if (missing.length === 0 || signal.aborted) return scores;
  baselinesBegun?.(missing.length);
  const { asked, settled } = common.device;
  const { argument } = experiment.chosenTask;
  const blas = settled.device === 'cpu' ? asked.blas : undefined;
  for await (const score of scoreInThread(missing, { dataset, argument, blas }, signal)) {
    scores.push(score);
    checkLock(lock);
    writeBaselines(folder, scores);
    baselineScored?.(score);
  }
  return scores;
}

/** Those with random features once for each width and seed, the others once. */
const tasksOf = ({ baselines, conditions, seeds }: Experiment): BaselineTask[] =>
  baselines.flatMap((baseline): BaselineTask[] => {
    if (!findBaseline(baseline).perWidth) return [{ baseline, width: null, seed: null }];
    const widths = new Set(conditions.map(({ settings }) => lastHidden(settings)));
    return [...widths].flatMap((width) =>
      width === null ? [] : seeds.map((seed) => ({ baseline, width, seed })),
    );
  });

const isSame = (a: BaselineTask, b: BaselineTask): boolean =>
  a.baseline === b.baseline && a.width === b.width && a.seed === b.seed;
