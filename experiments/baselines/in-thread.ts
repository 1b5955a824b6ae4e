import { UserError } from '../../kernels/index.ts';
import type { BaselineScore } from '../../results/index.ts';
import { startThread } from '../launchers/start-worker.ts';
import type { Report } from '../launchers/work.ts';
import type { BaselineTask, BaselineWork } from './score.ts';

/**
 * Scores baselines in a thread, one after the other, so that this one goes on.
 * @param signal ends it at once
 * @throws UserError when one cannot be scored
 */
export async function* scoreInThread(
  tasks: readonly BaselineTask[],
  work: Omit<BaselineWork, 'task'>,
  signal: AbortSignal,
): AsyncGenerator<BaselineScore> {
  if (tasks.length === 0 || signal.aborted) return;
  let hear = (_: Report | { readonly gone: string }): void => {};
  const thread = startThread((report) => hear(report));
  thread.gone.then((gone) => hear({ gone }));
  const end = (): void => void thread.end();
  signal.addEventListener('abort', end);
  try {
    for (const task of tasks) {
      const report = await new Promise<Parameters<typeof hear>[0]>((resolve) => {
        hear = resolve;
        thread.send({ baseline: { task, ...work } });
      });
      if (signal.aborted) return;
      if (!('score' in report))
        throw failure(task, 'error' in report ? report.error : Object.values(report)[0]);
      yield report.score;
    }
  } finally {
    signal.removeEventListener('abort', end);
    await thread.end();
  }
}

const failure = ({ baseline }: BaselineTask, reason: unknown): UserError =>
  new UserError(
    `the baseline '${baseline}' could not be scored: ${String(reason)}; the runs are recorded, and 'dendrite resume' tries again`,
  );
