import type { Dataset } from '../data/index.ts';
import { type DeviceOptions, openDevice } from '../devices/index.ts';
import type { Device, DeviceInfo, Program } from '../kernels/index.ts';
import { findRule } from '../rules/index.ts';
import { buildTrainer, type Condition, findTask } from '../training/index.ts';
import { countWork, listening, type Work } from './operations.ts';

/** As long as that of the peers. */
const WARM_UP_MS = 700;

/** One run to measure; plain data, for a worker thread. */
export interface Order {
  readonly condition: Condition;
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

/** Ends a run that was measured for long enough. */
class Enough extends Error {}

/** Times the minibatches of a run, after a warm-up that ends for all runs at the same time. */
class MinibatchClock {
  readonly #order: Order;
  readonly #ready: Int32Array;
  readonly #observer: Observer | undefined;
  #stage: 'cold' | 'warm' | 'timed' = 'cold';
  #first = 0;
  /** When the minibatch at hand began. */
  #mark = 0;
  #spent = 0;
  #stepsBefore = 0;
  #steps = 0;

  constructor(order: Order, ready: Int32Array, observer?: Observer) {
    this.#order = order;
    this.#ready = ready;
    this.#observer = observer;
  }

  get examplesPerSecond(): number {
    return (1000 * this.#steps * this.#order.condition.settings.batch) / this.#spent;
  }

  /** What lies between the last minibatch and now is not counted. */
  resume(): void {
    this.#mark = performance.now();
  }

  /** @param done minibatches so far @throws Enough */
  tick(done: number): void {
    const now = performance.now();
    this.#first ||= now;
    if (this.#stage === 'cold' && now - this.#first > WARM_UP_MS) {
      this.#stage = 'warm';
      Atomics.add(this.#ready, 0, 1);
    }
    if (this.#stage === 'timed') this.#count(done, now);
    else if (this.#stage === 'warm' && Atomics.load(this.#ready, 0) >= this.#order.workers) this.#begin(done);
    this.resume();
  }

  #begin(done: number): void {
    this.#stage = 'timed';
    this.#stepsBefore = done;
    this.#observer?.begin();
  }

  #count(done: number, now: number): void {
    this.#spent += now - this.#mark;
    this.#steps = done - this.#stepsBefore;
    if (this.#spent > 1000 * this.#order.seconds) throw new Enough();
  }
}

/**
 * Trains as any run does, and measures its examples/s after a warm-up: everything but the evaluation between epochs.
 * @param ready counts the runs that are warm: measuring begins when all are
 */
export async function trainingSpeed(
  order: Order,
  dataset: Dataset,
  ready: Int32Array,
  observer?: Observer,
): Promise<Speed> {
  const device = await openDevice(order.device);
  const clock = new MinibatchClock(order, ready, observer);
  const programs: Program[] = [];
  try {
    await train(order, dataset, listening(device, programs), clock);
    throw new Error(`${order.condition.rule} ended before it was measured`);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    observer?.end();
    return {
      examplesPerSecond: clock.examplesPerSecond,
      device: { ...device.info },
      // The step of training is traced first.
      work: countWork(programs[0]!.ops),
    };
  } finally {
    await device.dispose();
  }
}

async function train(
  { condition, seed }: Order,
  dataset: Dataset,
  device: Device,
  clock: MinibatchClock,
): Promise<void> {
  const trainer = await buildTrainer({
    condition,
    definition: findRule(condition.rule),
    seed,
    task: findTask('classify'),
    diagnostics: [],
    dataset,
    // Only a checkpoint asks for it.
    datasetHash: '',
    device,
  });
  const progress = (done: number): void => clock.tick(done);
  // The evaluation lies between the last minibatch of an epoch and its record.
  for await (const _ of trainer.epochs({ progress })) clock.resume();
}
