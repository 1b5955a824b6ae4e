import { UserError } from '../kernels/index.ts';
import type { Checkpoint } from '../training/index.ts';
import { CHECKPOINTS, newestCheckpoint } from './checkpoint-file.ts';

/** The checkpoint with the weights of a run. */
export interface TrainedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly path: string;
  /** A sentence for each newer one that is damaged. */
  readonly notes: readonly string[];
}

/**
 * The newest whole checkpoint of a run folder, which must have one.
 * @throws UserError when there is none
 */
export function trainedCheckpoint(folder: string): TrainedCheckpoint {
  const { found, damaged } = newestCheckpoint(folder);
  if (found) {
    const used = `the weights are those after ${found.checkpoint.step} minibatches`;
    return { ...found, notes: damaged.map((sentence) => `${used}, as ${sentence}`) };
  }
  throw new UserError(
    damaged.length > 0
      ? `the ${CHECKPOINTS} of the run ${folder} are all damaged; train it again`
      : `the run ${folder} holds no ${CHECKPOINTS}, and so no weights; train it again without --checkpoint none`,
  );
}
