import { addCheckpoint, collectProvenance, openRun } from '../../results/index.ts';
import type { Checkpoint, EpochRecord, SavedTensor } from '../../training/index.ts';
import { device, spec } from './example.ts';

/** Writes the folder of a run that has the given records and, where there are tensors, a checkpoint. */
export function storeRun(
  folder: string,
  epochs: readonly EpochRecord[],
  tensors: Partial<Pick<Checkpoint, 'states' | 'rowStores'>> = {},
  step = 1600,
): void {
  const provenance = { ...collectProvenance(), device, date: '2026-01-31T17:05:09.250Z' };
  const run = openRun(folder, { spec: spec(7), provenance });
  for (const epoch of epochs) run.append(epoch);
  const { states = new Map<string, SavedTensor>(), rowStores = new Map<string, SavedTensor>() } = tensors;
  if (states.size > 0)
    addCheckpoint(
      folder,
      {
        ...{
          format: 1,
          run: '0'.repeat(64),
          step,
          epochs: epochs.length,
          epochSeconds: 0,
          recordedSeconds: 0,
        },
        ...{ bestEpoch: 0, bestScore: null, states, rowStores },
      },
      'every',
    );
}
