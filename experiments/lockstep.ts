import { openReplicas } from '../devices/index.ts';
import type { RunResult } from '../results/index.ts';
import type { RulePlan } from './experiment.ts';
import { executeRun, type RunOrder, type RunProgress } from './run.ts';

const MOST_SEEDS = 16;

/** What WebGPU guarantees of a buffer, in bytes. */
const LARGEST_BUFFER = 2 ** 27;

/** Seeds in one plan: each of its arrays holds the values of all of them, and the weights are the largest. */
function seedsAtOnce({ layers }: RulePlan): number {
  const weights = Math.max(...layers.slice(1).map((width, i) => width * layers[i]!));
  return Math.max(1, Math.min(MOST_SEEDS, Math.floor(LARGEST_BUFFER / (4 * weights))));
}

/** The orders of a GPU in groups that one plan can do: a rule from several seeds. */
export function lockstepGroups(orders: readonly RunOrder[]): RunOrder[][] {
  const groups: RunOrder[][] = [];
  for (const order of orders) {
    const group = groups.at(-1);
    if (group?.[0]?.plan === order.plan && group.length < seedsAtOnce(order.plan)) group.push(order);
    else groups.push([order]);
  }
  return groups;
}

/**
 * Runs of one rule from several seeds at the same time. Each has the results and the record of a run of its own, but for
 * its seconds, which are those of all.
 */
export function executeInLockstep(
  orders: readonly RunOrder[],
  report: (progress: RunProgress) => void,
): Promise<RunResult[]> {
  const devices = openReplicas(orders[0]!.device, orders.length);
  return Promise.all(orders.map((order, i) => executeRun(order, report, async () => (await devices)[i]!)));
}
