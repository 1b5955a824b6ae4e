import type { Dataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import { type RulePlan, train } from '../experiments/index.ts';
import type { DeviceInfo, Program } from '../kernels/index.ts';
import { findRule } from '../rules/index.ts';
import { countWork, listening, type Work } from './operations.ts';

/** As long as that of the peers. */
const WARM_UP_MS = 700;

/** One run to measure; plain data, for a worker thread. */
export interface Order {
  readonly plan: RulePlan;
  readonly device: DeviceOptions;
  readonly seed: number;
  readonly seconds: number;
  /** Runs at the same time, each on its own thread. */
  readonly workers: number;
  /** Also find out where the time goes. */
  readonly profiled?: boolean;
}

export interface Speed {
  readonly examplesPerSecond: number;
  readonly device: DeviceInfo;
  /** What a minibatch asks for, by group of kernels. */
  readonly work: Record<string, Work>;
}

/** Told when the clock starts and stops. */
export interface Observer {
  begin(): void;
  end(): void;
}

class Enough extends Error {}

/**
 * Trains as any run does, and measures its examples/s after a warm-up: everything but the evaluation between epochs.
 * @param ready counts the runs that are warm: measuring begins when all are
 */
export async function trainingSpeed(
  { plan, device: options, seed, seconds, workers }: Order,
  dataset: Dataset,
  ready: Int32Array,
  observer?: Observer,
): Promise<Speed> {
  const device = await openDevice(options);
  let [first, mark, spent] = [0, 0, 0];
  let stage: 'cold' | 'warm' | 'timed' = 'cold';
  let [stepsBefore, steps] = [0, 0];
  const progress = (done: number) => {
    const now = performance.now();
    first ||= now;
    if (stage === 'cold' && now - first > WARM_UP_MS) {
      stage = 'warm';
      Atomics.add(ready, 0, 1);
    }
    if (stage === 'timed') {
      spent += now - mark;
      steps = done - stepsBefore;
      if (spent > 1000 * seconds) throw new Enough();
    } else if (stage === 'warm' && Atomics.load(ready, 0) >= workers) {
      stage = 'timed';
      stepsBefore = done;
      observer?.begin();
    }
    mark = performance.now();
  };
  // The evaluation lies between the last minibatch of an epoch and this call.
  const epoch = () => {
    mark = performance.now();
  };
  const programs: Program[] = [];
  try {
    const observed = listening(device, programs);
    await train(plan, findRule(plan.name), seed, dataset, observed, { progress, epoch });
    throw new Error(`${plan.name} ended before it was measured`);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    observer?.end();
    return {
      examplesPerSecond: (1000 * steps * plan.batch) / spent,
      device: { ...device.info },
      // The step of training is traced first.
      work: countWork(programs[0]!.ops),
    };
  } finally {
    await device.dispose();
  }
}
