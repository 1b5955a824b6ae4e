import { type Tensor, UserError } from '../kernels/index.ts';
import type { FeedbackPath, Network } from '../networks/index.ts';
import { stepsPerEpoch } from './budget.ts';
import { type Checkpoint, hashStates, identify, type SavedTensor } from './checkpoint.ts';
import type { EpochRecord } from './epoch.ts';
import { epochOrder } from './epoch-order.ts';
import { Pace } from './pace.ts';
import { Patience } from './patience.ts';
import { type Response, traceResponse } from './response.ts';
import type { Settings } from './settings.ts';
import { hashStart, type StartHashes } from './start-hashes.ts';
import { type RunParts, type TracedRun, traceRun } from './traced-run.ts';

/** How training is watched and stopped. */
export interface EpochsOptions {
  /**
   * Stops training and evaluation after the minibatches at hand; `epochs` then throws the signal's reason, and the trainer can be
   * saved.
   */
  readonly signal?: AbortSignal;
  /** After each call of the device, every few minibatches: the trainer can be saved. Training waits for what it returns. */
  progress?(stepsDone: number, stepsTotal: number): unknown;
  /**
   * Records that the run gave in earlier processes, by epoch. With a budget of seconds, one of these epochs that is trained again is as long
   * as it was, and counts with the seconds of its record.
   */
  readonly recorded?: readonly EpochRecord[];
}

/** One run that can be stepped, saved and loaded. The same seed gives the same run whatever else is looked at. */
export interface Trainer {
  /**
   * Trains on from where the trainer is, and yields a record after each epoch, which is cut short where the budget is used up. It
   * ends there, or after a record with `stoppedEarly` or `diverged`.
   */
  epochs(options?: EpochsOptions): AsyncIterable<EpochRecord>;
  /** A copy of everything that training goes on from, after any epoch or minibatch. */
  save(): Promise<Checkpoint>;
  /**
   * As `save`, with what is kept of each training example as it lies in memory, which may be large: to be written or
   * looked at before training goes on.
   */
  view(): Promise<Checkpoint>;
  /**
   * Goes on from a checkpoint.
   * @throws UserError when it belongs to another run: another rule, option, setting, seed, task or dataset
   */
  load(checkpoint: Checkpoint): Promise<void>;
  /** Every state by name, such as 'weights 1'; `read` gives the values. */
  readonly states: ReadonlyMap<string, Tensor>;
  /** Values of a state, row by row. */
  read(state: Tensor): Promise<Float32Array>;
  /** Bytes of all states, and of what is kept of each training example: of the values in a checkpoint. */
  readonly stateBytes: number;
  /** SHA-256 of the bits of all states. */
  hashStates(): Promise<string>;
  /**
   * Output rates for images, row by row.
   * @param images as many rows of pixels from 0 to 1 as there are images
   */
  predict(images: Float32Array): Promise<Float32Array>;
  /**
   * Firing rates of every population above the input for images, lowest first, each row by row; those of the output are what
   * `predict` gives.
   */
  respond(images: Float32Array): Promise<readonly Float32Array[]>;
  /** What is trained. */
  readonly network: Network;
  /** Feedback weights of the rule that stand beside the forward ones; none where it has none, or they follow the forward ones. */
  readonly feedback: readonly FeedbackPath[];
  /** What was asked for and cannot be measured, and why. */
  readonly notes: readonly string[];
  /** Minibatches done. */
  readonly stepsDone: number;
  /** Minibatches in all. With a budget of seconds an estimate, from the speed so far; with `patience` there may be fewer. */
  readonly stepsTotal: number;
  /** Epochs whose record was given, and in all. */
  readonly epochsDone: number;
  readonly epochsTotal: number;
  /** Training examples a second in the epoch at hand, evaluation excluded; null before its first minibatches. */
  readonly examplesPerSecond: number | null;
  /** Releases the device. */
  dispose(): Promise<void>;
}

/** Builds a run on a device, which the trainer disposes of. */
export async function buildTrainer(parts: RunParts): Promise<Trainer> {
  const { condition, seed, task, datasetHash } = parts;
  const run = await traceRun(parts);
  const identity = await identify({
    ...condition,
    seed,
    task: `${task.definition.name}:${task.argument}`,
    dataset: datasetHash,
  });
  return new DeviceTrainer(parts, run, identity, await hashStart(parts, run));
}

type Measured = Pick<EpochRecord, 'testScore' | 'validationScore' | 'diagnostics'>;

class DeviceTrainer implements Trainer {
  readonly #parts: RunParts;
  readonly #run: TracedRun;
  readonly #identity: string;
  readonly #start: StartHashes;
  readonly #stepsPerEpoch: number;
  readonly #pace: Pace;
  readonly #patience: Patience;
  #step = 0;
  #epochs = 0;
  /** Seconds of training in the epochs whose record was given. */
  #recordedSeconds = 0;
  /** Seconds of training in the epoch at hand. */
  #seconds = 0;
  #response: Response | null = null;

  constructor(parts: RunParts, run: TracedRun, identity: string, start: StartHashes) {
    this.#parts = parts;
    this.#run = run;
    this.#identity = identity;
    this.#start = start;
    this.#pace = new Pace(parts.device.capabilities);
    this.#patience = new Patience(this.#settings.patience, parts.task.definition.score.better);
    this.#stepsPerEpoch = stepsPerEpoch(this.#settings, parts.dataset.train.images.count);
  }

  get #settings(): Settings {
    return this.#parts.condition.settings;
  }

  get stepsTotal(): number {
    const { seconds } = this.#settings;
    if (seconds === null) return this.#run.stepsTotal;
    return this.#secondsSpent === 0
      ? Math.max(this.#step, this.#stepsPerEpoch)
      : Math.round(this.#step * Math.max(1, seconds / this.#secondsSpent));
  }

  get stepsDone(): number {
    return this.#step;
  }

  get epochsDone(): number {
    return this.#epochs;
  }

  get epochsTotal(): number {
    return Math.ceil(this.stepsTotal / this.#stepsPerEpoch);
  }

  get examplesPerSecond(): number | null {
    const steps = this.#step - this.#epochs * this.#stepsPerEpoch;
    return steps > 0 ? (steps * this.#parts.condition.settings.batch) / this.#seconds : null;
  }

  get states(): ReadonlyMap<string, Tensor> {
    return this.#run.states;
  }

  get stateBytes(): number {
    let values = 0;
    for (const { rows, columns } of this.#run.states.values()) values += rows * columns;
    for (const { count, columns } of this.#run.rowStores.values()) values += count * columns;
    return values * Float32Array.BYTES_PER_ELEMENT;
  }

  get notes(): readonly string[] {
    return this.#run.diagnostics.notes;
  }

  async *epochs(options: EpochsOptions = {}): AsyncGenerator<EpochRecord> {
    while (!this.#isOver()) {
      const epoch = this.#epochs;
      const first = epoch * this.#stepsPerEpoch;
      if (this.#step === first) await this.#run.totals.reset();
      const diverged = await this.#train(epoch, first, options);
      const record = await this.#record(epoch, first, diverged, options.signal);
      this.#epochs++;
      this.#recordedSeconds += this.#seconds;
      this.#seconds = 0;
      if (diverged !== null) this.#end();
      yield record;
    }
  }

  async save(): Promise<Checkpoint> {
    const { rowStores, ...rest } = await this.view();
    const copies = new Map<string, SavedTensor>();
    for (const [name, { values, ...shape }] of rowStores)
      copies.set(name, { ...shape, values: values.slice() });
    return { ...rest, rowStores: copies };
  }

  async view(): Promise<Checkpoint> {
    const rowStores = new Map<string, SavedTensor>();
    for (const [name, { count, columns, values }] of this.#run.rowStores)
      rowStores.set(name, { rows: count, columns, values });
    return {
      format: 1,
      run: this.#identity,
      step: this.#step,
      epochs: this.#epochs,
      epochSeconds: this.#seconds,
      recordedSeconds: this.#recordedSeconds,
      ...this.#patience.state,
      states: await this.#savedStates(),
      rowStores,
    };
  }

  async load(checkpoint: Checkpoint): Promise<void> {
    const { format, run, states, rowStores } = checkpoint;
    if (format !== 1)
      throw new UserError(
        `the checkpoint has the format ${String(format)}, and this version of Dendrite reads format 1`,
      );
    if (run !== this.#identity)
      throw new UserError(
        'the checkpoint belongs to another run: rule, options, settings, seed, task and dataset must be those that it was saved with',
      );
    for (const [name, state] of this.#run.states)
      await this.#parts.device.write(state, valuesOf(name, states, state.rows, state.columns));
    for (const [name, { count, columns, values }] of this.#run.rowStores)
      values.set(valuesOf(name, rowStores, count, columns));
    const { step, epochs, epochSeconds, recordedSeconds, bestEpoch, bestScore } = checkpoint;
    this.#step = step;
    this.#epochs = epochs;
    this.#seconds = epochSeconds;
    this.#recordedSeconds = recordedSeconds;
    this.#patience.state = { bestEpoch, bestScore };
  }

  read(state: Tensor): Promise<Float32Array> {
    return this.#parts.device.read(state);
  }

  async hashStates(): Promise<string> {
    return hashStates(await this.#savedStates());
  }

  get network(): Network {
    return this.#run.network;
  }

  get feedback(): readonly FeedbackPath[] {
    return this.#run.rule.feedback ?? [];
  }

  async predict(images: Float32Array): Promise<Float32Array> {
    return (await this.respond(images)).at(-1)!;
  }

  async respond(images: Float32Array): Promise<Float32Array[]> {
    this.#response ??= await traceResponse(this.#run, this.#parts.dataset.width);
    return this.#response(images);
  }

  async dispose(): Promise<void> {
    await this.#parts.device.dispose();
  }

  async #savedStates(): Promise<Map<string, SavedTensor>> {
    const saved = new Map<string, SavedTensor>();
    for (const [name, state] of this.#run.states)
      saved.set(name, { rows: state.rows, columns: state.columns, values: await this.read(state) });
    return saved;
  }

  /** Whether the budget is used up, or the patience, by the epochs whose record was given. */
  #isOver(): boolean {
    return (
      this.#epochs * this.#stepsPerEpoch >= this.#run.stepsTotal ||
      this.#recordedSeconds >= this.#secondsTotal ||
      this.#patience.isOver(this.#epochs)
    );
  }

  /** The budget in seconds; infinitely many where it is another. */
  get #secondsTotal(): number {
    return this.#settings.seconds ?? Number.POSITIVE_INFINITY;
  }

  /** Seconds of training since the start of the run. */
  get #secondsSpent(): number {
    return this.#recordedSeconds + this.#seconds;
  }

  /**
   * Trains from the step at hand to the end of the epoch or of the budget.
   * @returns null, or why a value is not finite
   */
  async #train(
    epoch: number,
    first: number,
    { signal, progress, recorded }: EpochsOptions,
  ): Promise<string | null> {
    const { batch, seconds } = this.#settings;
    const before = seconds === null ? undefined : recorded?.[epoch];
    const whole = Math.min(first + this.#stepsPerEpoch, this.#run.stepsTotal);
    const end = before ? before.examples / batch : whole;
    const budget = before ? Number.POSITIVE_INFINITY : this.#secondsTotal;
    const order = epochOrder(this.#parts.seed, epoch, this.#parts.dataset.train.images.count);
    while (this.#step < end && this.#secondsSpent < budget) {
      signal?.throwIfAborted();
      const steps = this.#pace.next(end - this.#step, budget - this.#secondsSpent);
      const at = (this.#step - first) * batch;
      let loss = 0;
      this.#seconds += await this.#pace.time(steps, async () => {
        await this.#run.step.run({
          steps,
          firstStep: this.#step,
          rows: order.slice(at, at + steps * batch),
        });
        ({ loss } = await this.#run.totals.read());
      });
      this.#step += steps;
      if (!Number.isFinite(loss))
        return `the training loss became ${loss} in epoch ${epoch + 1}, within ${this.#step} minibatches`;
      await progress?.(this.#step, this.stepsTotal);
      await this.#pace.pause();
    }
    if (before) this.#seconds = before.seconds;
    return null;
  }

  async #record(
    epoch: number,
    first: number,
    diverged: string | null,
    signal: AbortSignal | undefined,
  ): Promise<EpochRecord> {
    const { loss, score } = await this.#run.totals.read();
    const { batch } = this.#settings;
    const { settlingSteps } = this.#run;
    const seen = (this.#step - first) * batch;
    const common = {
      epoch: epoch + 1,
      examples: this.#step * batch,
      multiplyAccumulates: this.#step * this.#run.step.multiplyAccumulates,
      ...(settlingSteps !== null && { settlingSteps: this.#step * batch * settlingSteps }),
      trainLoss: finite(loss / seen),
      trainScore: score === null ? null : finite(score / seen),
    };
    const begin = performance.now();
    const { diagnostics, ...scores }: Measured =
      diverged === null ? await this.#measure(signal) : { testScore: null };
    const stoppedEarly = diverged === null ? this.#judge(epoch + 1, scores.validationScore) : null;
    // In the order of the schema, so that a record that was read back is the same text.
    return {
      ...common,
      ...scores,
      seconds: this.#seconds,
      evaluationSeconds: (performance.now() - begin) / 1000,
      examplesPerSecond: seen / this.#seconds,
      ...(diagnostics && { diagnostics }),
      ...(epoch === 0 && this.#start),
      ...(stoppedEarly !== null && { stoppedEarly }),
      ...(diverged !== null && { diverged }),
    };
  }

  async #measure(signal: AbortSignal | undefined): Promise<Measured> {
    const { task, testScore, validationScore, diagnostics } = this.#run;
    await task.prepareScores?.(signal);
    const scores = {
      testScore: testScore && finite(await testScore(signal)),
      ...(validationScore && { validationScore: finite(await validationScore(signal)) }),
    };
    signal?.throwIfAborted();
    const measured = await diagnostics.measure();
    return { ...scores, ...(Object.keys(measured).length > 0 && { diagnostics: measured }) };
  }

  /** @returns why training ends after an epoch although some of the budget is left, or null if it does not */
  #judge(epoch: number, score: number | null | undefined): string | null {
    this.#patience.note(epoch, score);
    const { patience } = this.#settings;
    const isUsedUp = this.#step >= this.#run.stepsTotal || this.#secondsSpent >= this.#secondsTotal;
    if (isUsedUp || !this.#patience.isOver(epoch)) return null;
    return `no better validation score in ${patience} ${patience === 1 ? 'epoch' : 'epochs'}`;
  }

  /** Leaves nothing of the budget. */
  #end(): void {
    const { seconds } = this.#settings;
    if (seconds !== null) {
      this.#recordedSeconds = Math.max(this.#recordedSeconds, seconds);
      return;
    }
    this.#step = this.stepsTotal;
    this.#epochs = this.epochsTotal;
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function valuesOf(
  name: string,
  saved: ReadonlyMap<string, SavedTensor>,
  rows: number,
  columns: number,
): Float32Array {
  const found = saved.get(name);
  if (found?.rows !== rows || found.columns !== columns || found.values.length !== rows * columns)
    throw new UserError(`the checkpoint is damaged: it lacks '${name}' of ${rows}x${columns} values`);
  return found.values;
}
