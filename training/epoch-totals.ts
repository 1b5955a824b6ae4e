import type { Kernels, Tensor } from '../kernels/index.ts';
import type { BuiltTask } from './task.ts';

/** Sums of loss and score over the training examples of an epoch, each counted just before its update. */
export interface EpochTotals {
  /** Traces the adding of a minibatch. @param losses, scores one row an example; scores null where the task has none */
  add(losses: Tensor, scores: Tensor | null): void;
  reset(): Promise<void>;
  read(): Promise<{ loss: number; score: number | null }>;
}

/** The sums are states, so that a run that is saved within an epoch goes on with them. */
export function epochTotals(
  k: Kernels,
  { trainingScore, scale }: Pick<BuiltTask, 'trainingScore' | 'scale'>,
): EpochTotals {
  const { device } = k;
  const loss = k.state('training loss of the epoch', 1, 1);
  const score = k.state('training score of the epoch', 1, 1);
  const add = (into: Tensor, values: Tensor) => k.sum(values, { over: 'all', into, accumulate: true });
  return {
    add(losses, scores) {
      add(loss, losses);
      if (scores) add(score, scores);
    },
    async reset() {
      await device.write(loss, new Float32Array(1));
      await device.write(score, new Float32Array(1));
    },
    async read() {
      const [losses] = await device.read(loss);
      const [scores] = await device.read(score);
      return { loss: losses!, score: trainingScore ? scale * scores! : null };
    },
  };
}
