import { openReplicas } from '../../devices/index.ts';
import type { RuleDefinition } from '../../rules/index.ts';
import type { Extensions } from '../experiment.ts';
import type { Job, Launcher } from './launcher.ts';
import { runJob } from './run-job.ts';

/**
 * The seeds of a condition at the same time, as replicas of one GPU device. Each run has the results and the record of a run
 * of its own, but for its seconds, which are those of all.
 * @param replicas how many states of so many values the device takes at once
 */
export const inLockstep = (
  extensions: Extensions,
  definitions: ReadonlyMap<string, RuleDefinition>,
  replicas: (largestState: number) => number,
): Launcher =>
  async function* (jobs, shared, events) {
    for (const group of lockstepGroups(jobs, replicas)) {
      if (events.signal?.aborted) return;
      const { asked } = group[0]!.spec.device;
      const devices = openReplicas(asked, group.length);
      yield* await Promise.all(
        group.map((job, i) =>
          runJob(job, { ...shared, extensions, definitions, open: async () => (await devices)[i]! }, events),
        ),
      );
    }
  };

/** Jobs in groups that one plan can do: seeds of one condition. */
export function lockstepGroups(jobs: readonly Job[], replicas: (largestState: number) => number): Job[][] {
  const groups: Job[][] = [];
  for (const job of jobs) {
    const group = groups.at(-1);
    const fits = group && group.length < replicas(largestWeights(job.spec.condition.settings.layers));
    if (fits && group[0]!.spec.condition.id === job.spec.condition.id) group.push(job);
    else groups.push([job]);
  }
  return groups;
}

const largestWeights = (layers: readonly number[]): number =>
  Math.max(...layers.slice(1).map((width, i) => width * layers[i]!));
