import { holdsRun, newestCheckpoint, readRun } from '../../results/index.ts';
import type { Grouping, Job } from './launcher.ts';

/** Each job alone. */
export const oneByOne: Grouping = (jobs) => jobs.map((job) => [job]);

/**
 * Jobs that the replicas of one GPU device can do in lockstep: seeds of one condition that go on from the same minibatch.
 * @param replicas how many states of so many values the device takes at once
 */
export const seedsTogether =
  (replicas: (largestState: number) => number): Grouping =>
  (jobs) =>
    lockstepGroups(jobs, replicas, placeOf);

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
