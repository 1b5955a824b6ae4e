import type { Dataset, Split } from '../data/browser.ts';
import type { Device, DeviceInfo, Program, Table } from '../kernels/index.ts';
import { findRule } from '../rules/index.ts';
import { buildTrainer, type Condition, findTask, traceRun } from '../training/index.ts';
import { countWork, listening, type Work } from './operations.ts';

// Nothing here is of Node, so that a browser measures with the same clock.

/** As long as that of the peers. */
const WARM_UP_MS = 700;
/** A call of the device that took longer would leave the clock without ticks in a short measurement. */
const CALL_MS = 100;

/** What is to be measured of a run, and for how long. */
export interface Timing {
  readonly condition: Condition;
  readonly seed: number;
  readonly seconds: number;
  /** Runs at the same time, each on its own thread. */
  readonly workers: number;
  /** Measure the evaluation of so many test images, evenly spaced, in place of training. */
  readonly evaluation?: number;
}

export interface Speed {
  /** Of all replicas together. */
  readonly examplesPerSecond: number;
  readonly device: DeviceInfo;
  readonly replicas: number;
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
export class MinibatchClock {
  readonly #order: Pick<Timing, 'seconds' | 'workers'>;
  readonly #ready: Int32Array;
  readonly #observer: Observer | undefined;
  #stage: 'cold' | 'warm' | 'timed' | 'stopped' = 'cold';
  #first = 0;
  /** When the call at hand began, and the minibatches that were done then. */
  #mark = 0;
  #doneBefore = 0;
  /** Milliseconds of a minibatch in the last call. */
  #pace: number | null = null;
  #spent = 0;
  #stepsBefore = 0;
  #steps = 0;

  constructor(order: Pick<Timing, 'seconds' | 'workers'>, ready: Int32Array, observer?: Observer) {
    this.#order = order;
    this.#ready = ready;
    this.#observer = observer;
  }

  get minibatchesPerSecond(): number {
    return (1000 * this.#steps) / this.#spent;
  }

  get hasStopped(): boolean {
    return this.#stage === 'stopped';
  }

  /** Minibatches of the next call: `most`, as in any run, or fewer where they take long. */
  stepsPerCall(most: number): number {
    if (this.#pace === null) return 1;
    return Math.max(1, Math.min(most, Math.floor(CALL_MS / this.#pace)));
  }

  /** What lies between the last minibatch and now is not counted. */
  resume(): void {
    this.#mark = performance.now();
  }

  /** @param done minibatches so far @throws Enough */
  tick(done: number): void {
    const now = performance.now();
    this.#first ||= now;
    this.#pace = (now - this.#mark) / (done - this.#doneBefore);
    this.#doneBefore = done;
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
    if (this.#spent <= 1000 * this.#order.seconds) return;
    this.#stage = 'stopped';
    throw new Enough();
  }
}

/**
 * Trains as any run does, and measures its examples/s after a warm-up: everything but the evaluation between epochs.
 * @param devices one, or several that run seeds in lockstep; they are disposed of
 * @param ready counts the runs that are warm: measuring begins when all are
 */
export async function trainingSpeed(
  order: Timing,
  dataset: Dataset,
  devices: readonly [Device, ...Device[]],
  ready: Int32Array,
  observer?: Observer,
): Promise<Speed> {
  const clock = new MinibatchClock(order, ready, observer);
  const programs: Program[] = [];
  await Promise.all(
    devices.map((device, i) => {
      const seed = order.seed + i;
      return i === 0
        ? train({ ...order, seed }, dataset, paced(device, clock, programs), clock, (done) =>
            clock.tick(done),
          )
        : train({ ...order, seed }, dataset, device, clock, () => {
            if (clock.hasStopped) throw new Enough();
          });
    }),
  );
  observer?.end();
  return {
    examplesPerSecond: clock.minibatchesPerSecond * order.condition.settings.batch * devices.length,
    device: { ...devices[0].info },
    replicas: devices.length,
    // The step of training is traced first.
    work: countWork(programs[0]!.ops),
  };
}

/** A cpu does no work between calls, so their length is free; a plan of a gpu is made for one length. */
function paced(device: Device, clock: MinibatchClock, programs: Program[]): Device {
  const { capabilities } = device;
  if (device.info.name !== 'cpu') return listening(device, programs);
  return {
    ...listening(device, programs),
    capabilities: {
      get stepsPerCall() {
        return clock.stepsPerCall(capabilities.stepsPerCall);
      },
      replicas: (largestState) => capabilities.replicas(largestState),
    },
  };
}

async function train(
  order: Timing,
  dataset: Dataset,
  device: Device,
  clock: MinibatchClock,
  progress: (done: number) => void,
): Promise<void> {
  try {
    const trainer = await buildTrainer(partsOf(order, dataset, device));
    clock.resume();
    // The evaluation lies between the last minibatch of an epoch and its record.
    for await (const _ of trainer.epochs({ progress })) clock.resume();
    throw new Error(`${order.condition.rule} ended before it was measured`);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  } finally {
    await device.dispose();
  }
}

const partsOf = ({ condition, seed }: Timing, dataset: Dataset, device: Device) => ({
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

/**
 * Measures how many test images a second the evaluation after an epoch gets through, in whole passes after a first one.
 * @param device is disposed of
 */
export async function evaluationSpeed(order: Timing, dataset: Dataset, device: Device): Promise<Speed> {
  const programs: Program[] = [];
  const test = evenlySpaced(dataset.test, order.evaluation!);
  try {
    const run = await traceRun(partsOf(order, { ...dataset, test }, listening(device, programs)));
    await run.testScore!();
    const begin = performance.now();
    let images = 0;
    while (performance.now() - begin < 1000 * order.seconds) {
      await run.testScore!();
      images += test.images.count;
    }
    return {
      examplesPerSecond: (1000 * images) / (performance.now() - begin),
      device: { ...device.info },
      replicas: 1,
      work: countWork(programs[0]!.ops),
    };
  } finally {
    await device.dispose();
  }
}

/** `count` examples of a split, those that the peers take for `--test-limit`. */
export function evenlySpaced({ images, labels }: Split, count: number): Split {
  const some = (table: Table, bytesPerRow: number): Table => {
    const values = new Uint8Array(count * bytesPerRow);
    for (let i = 0; i < count; i++) {
      const row = Math.floor((i * table.count) / count);
      values.set(table.values.subarray(row * bytesPerRow, (row + 1) * bytesPerRow), i * bytesPerRow);
    }
    return { ...table, count, values };
  };
  return { images: some(images, images.columns), labels: labels && some(labels, 1) };
}
