import { addCheckpoint, type CheckpointPlan, checkLock } from '../../results/index.ts';
import type { Trainer } from '../../training/index.ts';

/** The checkpoints of one run, written as planned. */
export class RunCheckpoints {
  readonly #trainer: Trainer;
  readonly #folder: string;
  readonly #plan: CheckpointPlan;
  readonly #lock: string;
  /** What the newest one holds. */
  #saved: string;
  #lastTime = performance.now();

  /** @param trainer as it was begun or loaded: this needs no checkpoint */
  constructor(trainer: Trainer, folder: string, plan: CheckpointPlan, lock: string) {
    this.#trainer = trainer;
    this.#folder = folder;
    this.#plan = plan;
    this.#lock = lock;
    this.#saved = this.#place();
  }

  /** After minibatches. */
  async afterMinibatches(): Promise<void> {
    const { seconds } = this.#plan;
    if (seconds !== null && performance.now() - this.#lastTime >= 1000 * seconds) await this.save();
  }

  /** After the record of an epoch. */
  async afterEpoch(): Promise<void> {
    await (this.#plan.seconds === null ? this.save() : this.afterMinibatches());
  }

  /** Writes one now, unless the newest one holds the same. @throws UserError when it cannot be written */
  async save(): Promise<void> {
    const { keep } = this.#plan;
    if (keep === 'none' || this.#saved === this.#place()) return;
    const checkpoint = await this.#trainer.view();
    checkLock(this.#lock);
    addCheckpoint(this.#folder, checkpoint, keep);
    this.#saved = this.#place();
    this.#lastTime = performance.now();
  }

  #place(): string {
    return `${this.#trainer.stepsDone} ${this.#trainer.epochsDone}`;
  }
}
