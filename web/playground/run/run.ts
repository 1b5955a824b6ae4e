import type { Dataset } from '../../../data/browser.ts';
import type { Device } from '../../../kernels/index.ts';
import { findRule, type RuleDefinition } from '../../../rules/index.ts';
import {
  type Condition,
  createTrainer,
  findTask,
  resolveCondition,
  stepsPerEpoch,
  type Trainer,
} from '../../../training/index.ts';
import { type Recording, recordView, type ViewName, viewsOf } from '../views/recorders.ts';
import type { Shown, WatchedRun } from '../views/view.ts';
import { aboutRule } from './about.ts';
import { fieldsOf } from './fields.ts';
import { Gate } from './gate.ts';
import { nextLook } from './looks.ts';
import type { Look, Opened, RunOrder, TestDigit, Told } from './messages.ts';
import { loadOwnRule } from './own-rule.ts';
import { paced } from './paced.ts';
import { Turns } from './turns.ts';

const TASK = 'classify';
const DIAGNOSTICS = ['angle', 'feedback-angle'];
/** Milliseconds between two reports of progress. */
const REPORT_EVERY = 200;

/** What one rule does in one worker. */
export class DuelRun implements WatchedRun {
  readonly condition: Condition;
  readonly seed: number;
  readonly dataset: Dataset;
  readonly trainer: Trainer;
  readonly gate = new Gate();
  readonly #about: Opened['about'];
  readonly #backend: string;
  readonly #tell: (told: Told) => void;
  /** Training has the turn, but between minibatches, when others may look at the network. */
  readonly #turns = new Turns();
  #reported = 0;
  #stepsBefore = 0;

  private constructor(parts: Parts) {
    this.condition = parts.condition;
    this.trainer = parts.trainer;
    this.#about = parts.about;
    this.#backend = parts.device.info.backend;
    this.seed = parts.seed;
    this.dataset = parts.dataset;
    this.#tell = parts.tell;
  }

  /** @throws UserError for an order that does not make a run, or an error of the rule's own */
  static async open(
    order: RunOrder,
    dataset: Dataset,
    device: Device,
    tell: (told: Told) => void,
  ): Promise<DuelRun> {
    if ('name' in order.rule) return DuelRun.#build(findRule(order.rule.name), order, dataset, device, tell);
    const { definition, located } = await loadOwnRule(order.rule.code);
    return DuelRun.#build(definition, order, dataset, device, tell).catch((error) => {
      throw located(error);
    });
  }

  static async #build(
    definition: RuleDefinition,
    order: RunOrder,
    dataset: Dataset,
    device: Device,
    tell: (told: Told) => void,
  ): Promise<DuelRun> {
    const input = {
      settings: {
        layers: order.layers,
        epochs: order.epochs,
        ...(order.batch !== null && { batch: order.batch }),
        ...(order.learningRate !== null && { learningRate: order.learningRate }),
      },
    };
    const condition = resolveCondition(definition, input, {}, findTask(TASK).definition);
    let run: DuelRun | null = null;
    const trainer = await createTrainer({
      ...{ ...input, rule: definition, seed: order.seed, task: TASK, diagnostics: DIAGNOSTICS, dataset },
      device: paced(device, () => run?.stepsAtOnce ?? Number.POSITIVE_INFINITY),
    });
    run = new DuelRun({
      condition,
      seed: order.seed,
      trainer,
      about: aboutRule(definition),
      device,
      dataset,
      tell,
    });
    return run;
  }

  get #batch(): number {
    return this.condition.settings.batch;
  }

  /** Steps of the device's next call: it ends where the network is looked at. */
  get stepsAtOnce(): number {
    const done = this.trainer.stepsDone;
    return Math.min(this.gate.most(this.#batch), nextLook(done, this.#batch) - done);
  }

  /** The run as it begins. */
  describe(): Opened {
    const { stepsTotal, start, notes } = this.trainer;
    return {
      about: this.#about,
      condition: this.condition,
      backend: this.#backend,
      start,
      views: viewsOf(this),
      notes,
      examples: stepsTotal * this.#batch,
    };
  }

  /** Trains from the first look to the end, as the gate allows it. */
  async train(): Promise<void> {
    const end = await this.#turns.take();
    await this.#look();
    end();
    await this.gate.pass(0);
    let release = await this.#turns.take();
    const progress = async (): Promise<void> => {
      if (this.#isAtLook) await this.#look();
      this.#report();
      release();
      const steps = this.trainer.stepsDone - this.#stepsBefore;
      this.#stepsBefore = this.trainer.stepsDone;
      await this.gate.pass(steps * this.#batch);
      release = await this.#turns.take();
    };
    let reason: string | null = null;
    for await (const record of this.trainer.epochs({ progress })) {
      const { testScore, diagnostics } = record;
      reason = record.diverged ?? null;
      await this.#tellLook({
        ...{ testScore, ...(diagnostics && { diagnostics }) },
        epoch: record,
        states: await this.trainer.hashStates(),
      });
    }
    release();
    this.#tell({ kind: 'finished', reason });
  }

  /** Output rates for one image. */
  ask(image: Float32Array): Promise<Float32Array> {
    return this.#between(() => this.trainer.predict(image));
  }

  record(view: ViewName, shown: Shown): Promise<Recording> {
    return this.#between(() => recordView(this, view, shown));
  }

  /** @param index from 0 */
  digit(index: number): TestDigit {
    const { images, labels } = this.dataset.test;
    const pixels = images.values.subarray(index * images.columns, (index + 1) * images.columns);
    return { image: Float32Array.from(pixels, (byte) => byte * images.scale), label: labels!.values[index]! };
  }

  async #between<T>(look: () => Promise<T>): Promise<T> {
    const end = await this.#turns.take();
    try {
      return await look();
    } finally {
      end();
    }
  }

  /** Within an epoch: after its last minibatch the trainer measures by itself. */
  get #isAtLook(): boolean {
    const { stepsDone, stepsTotal } = this.trainer;
    if (stepsDone === stepsTotal) return false;
    if (stepsDone % stepsPerEpoch(this.condition.settings, this.dataset.train.images.count) === 0)
      return false;
    return nextLook(stepsDone - 1, this.#batch) === stepsDone;
  }

  async #look(): Promise<void> {
    await this.#tellLook({ ...(await this.trainer.measure()), epoch: null, states: null });
  }

  async #tellLook(look: Omit<Look, 'examples'>): Promise<void> {
    const examples = this.trainer.stepsDone * this.#batch;
    this.#tell({ kind: 'look', look: { ...look, examples }, fields: await fieldsOf(this.trainer) });
    this.#report(true);
  }

  #report(isDue = performance.now() - this.#reported > REPORT_EVERY): void {
    if (!isDue) return;
    this.#reported = performance.now();
    const { stepsDone, examplesPerSecond } = this.trainer;
    this.#tell({ kind: 'progress', examples: stepsDone * this.#batch, examplesPerSecond });
  }
}

interface Parts {
  readonly condition: Condition;
  readonly seed: number;
  readonly trainer: Trainer;
  readonly about: Opened['about'];
  readonly device: Device;
  readonly dataset: Dataset;
  tell(told: Told): void;
}
