import { openReplicas } from '../../devices/index.ts';
import { holdsRun, newestCheckpoint, readRun } from '../../results/index.ts';
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
    for (const group of lockstepGroups(jobs, replicas, placeOf)) {
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

/** Where a run goes on: those of a plan do the same minibatches and measure at the same time. */
function placeOf({ folder, begun = false }: Job): string {
  if (!begun || !holdsRun(folder)) return '';
  const { found } = newestCheckpoint(folder, readRun(folder).epochs.length);
  return found ? `${found.checkpoint.step} ${found.checkpoint.epochs}` : '';
}

/**
 * Jobs in groups that one plan can do: seeds of one condition. Those whose budget is in seconds are alone: each run has its own clock.
 * @param place runs of different places cannot be in one plan
 */
export function lockstepGroups(
  jobs: readonly Job[],
  replicas: (largestState: number) => number,
  place: (job: Job) => string = () => '',
): Job[][] {
  const groups: { key: string; jobs: Job[] }[] = [];
  for (const job of jobs) {
    const { id, settings } = job.spec.condition;
    const key = `${id} ${place(job)}`;
    const most = settings.seconds === null ? replicas(largestWeights(settings.layers)) : 1;
    const group = groups.find((one) => one.key === key && one.jobs.length < most);
    if (group) group.jobs.push(job);
    else groups.push({ key, jobs: [job] });
  }
  return groups.map((group) => group.jobs);
}

const largestWeights = (layers: readonly number[]): number =>
  Math.max(...layers.slice(1).map((width, i) => width * layers[i]!));
