import type { RuleDefinition } from '../../rules/index.ts';
import type { Extensions } from '../experiment.ts';
import type { Launcher } from './launcher.ts';
import { openDeviceOf, runJob } from './run-job.ts';

/** One run after the other in this thread: for rules that are in memory, which no other thread can be sent. */
export const inThisThread = (
  extensions: Extensions,
  definitions: ReadonlyMap<string, RuleDefinition>,
): Launcher =>
  async function* (jobs, shared, events) {
    for (const job of jobs) {
      if (events.signal?.aborted) return;
      yield await runJob(
        job,
        { ...shared, extensions, definitions, open: () => openDeviceOf(job.spec) },
        events,
      );
    }
  };
