import type { RuleDefinition } from '../../rules/index.ts';
import type { Extensions } from '../experiment.ts';
import type { Grouping, Launcher } from './launcher.ts';
import { runGroup } from './run-group.ts';

/**
 * One group of runs after the other in this thread: for rules that are in memory, which no thread and no process can be sent. A
 * driver of a GPU that crashes takes the program with it.
 */
export const inThisThread = (
  grouped: Grouping,
  extensions: Extensions,
  definitions: ReadonlyMap<string, RuleDefinition>,
): Launcher =>
  async function* (jobs, shared, events) {
    for (const group of grouped(jobs)) {
      if (events.signal?.aborted) return;
      yield* await runGroup(group, { ...shared, extensions, definitions }, events);
    }
  };
