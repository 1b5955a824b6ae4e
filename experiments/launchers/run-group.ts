import { openReplicas } from '../../devices/index.ts';
import type { RunResult } from '../../results/index.ts';
import type { Job, RunEvents } from './launcher.ts';
import { openDeviceOf, type Resources, runJob } from './run-job.ts';

/**
 * Does the jobs of a group at the same time: on a GPU as replicas of one device, in lockstep. Each run has the results and the
 * record of a run of its own, but for its seconds, which are those of all.
 */
export function runGroup(
  jobs: readonly Job[],
  resources: Omit<Resources, 'open'>,
  events: RunEvents,
): Promise<RunResult[]> {
  const { asked, settled } = jobs[0]!.spec.device;
  const replicas = settled.device === 'gpu' ? openReplicas(asked, jobs.length) : null;
  return Promise.all(
    jobs.map((job, i) => {
      const open = async () => (replicas === null ? openDeviceOf(job.spec) : (await replicas)[i]!);
      return runJob(job, { ...resources, open }, events);
    }),
  );
}
