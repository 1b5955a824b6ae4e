import { checkLock, endRun, holdsRun, type RunResult, readRun } from '../../results/index.ts';
import type { Job } from './launcher.ts';

/**
 * The result of a run whose worker is gone: what it recorded stays.
 * @param status `unfinished` where it was to stop anyway
 * @param lock file of the lock on the comparison's folder
 */
export function lostRun(
  { spec, folder }: Job,
  status: 'failed' | 'unfinished',
  reason: string,
  lock: string,
): RunResult {
  const { id, rule } = spec.condition;
  const result: RunResult = {
    condition: id,
    rule,
    seed: spec.seed,
    status,
    ...(status === 'failed' && { reason }),
    epochs: [],
    device: null,
    folder,
  };
  try {
    if (!holdsRun(folder)) return result;
    checkLock(lock);
    if (status === 'failed') endRun(folder, { status, reason });
    const { epochs, device } = readRun(folder);
    return { ...result, epochs, device };
  } catch {
    // A disk that is full, or a folder that was lost: what counts is what went wrong first.
    return result;
  }
}
