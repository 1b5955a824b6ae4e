import type { Dataset } from '../../data/index.ts';
import { openDevice } from '../../devices/index.ts';
import type { BaselineScore } from '../../results/index.ts';
import { findBaseline, scoreBaseline } from '../../training/index.ts';

/** A baseline that is to be scored. */
export type BaselineTask = Pick<BaselineScore, 'baseline' | 'width' | 'seed'>;

/** What it is scored on. Plain data. */
export interface BaselineWork {
  readonly task: BaselineTask;
  readonly dataset: Dataset;
  /** What followed the name of the comparison's task and a colon, or ''. */
  readonly argument: string;
  /** The BLAS that multiplies, as asked for. */
  readonly blas: string | undefined;
}

/** Scores it on the processor, whatever device the runs have. */
export async function score({ task, dataset, argument, blas }: BaselineWork): Promise<BaselineScore> {
  const { baseline, width, seed } = task;
  const device = await openDevice({ device: 'cpu', blas });
  try {
    const context = { dataset, argument, device, seed: seed ?? 0, width: width ?? 0 };
    return { baseline, width, seed, ...(await scoreBaseline(findBaseline(baseline), context)) };
  } finally {
    await device.dispose();
  }
}
