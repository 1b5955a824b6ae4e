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
import type { EpochsOptions, Measurement, Trainer } from './trainer-interface.ts';

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

type Measured = Measurement & Pick<EpochRecord, 'guards'>;

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

  get start(): StartHashes {
    return this.#start;
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

  async measure(signal?: AbortSignal): Promise<Measurement> {
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
      ...(this.#isWithinEpoch && { epochStart: this.#run.guards.epochStart }),
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
    const { guards } = this.#run;
    if (this.#isWithinEpoch) guards.epochStart = checkpoint.epochStart ?? null;
    else await guards.begin();
  }

  read(state: Tensor): Promise<Float32Array> {
    return this.#parts.device.read(state);
  }

  async hashStates(): Promise<string> {
    return hashStates(await this.#savedStates());
  }

  get shown(): Trainer['shown'] {
    return this.#run.shown;
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

  /** Whether minibatches were done since the last record. */
  get #isWithinEpoch(): boolean {
    return this.#step !== this.#epochs * this.#stepsPerEpoch;
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
    const { diagnostics, guards, ...scores }: Measured =
      diverged === null ? await this.#measureEpoch(common, signal) : { testScore: null };
    const stoppedEarly = diverged === null ? this.#judge(epoch + 1, scores.validationScore) : null;
    // In the order of the schema, so that a record that was read back is the same text.
    return {
      ...common,
      ...scores,
      seconds: this.#seconds,
      evaluationSeconds: (performance.now() - begin) / 1000,
      examplesPerSecond: seen / this.#seconds,
      ...(diagnostics && { diagnostics }),
      ...(guards && { guards }),
      ...(epoch === 0 && this.#start),
      ...(stoppedEarly !== null && { stoppedEarly }),
      ...(diverged !== null && { diverged }),
    };
  }

  async #measureEpoch(
    epoch: Pick<EpochRecord, 'epoch' | 'trainLoss'>,
    signal: AbortSignal | undefined,
  ): Promise<Measured> {
    const measured = await this.measure(signal);
    const found = await this.#run.guards.find(epoch);
    return { ...measured, ...(found.length > 0 && { guards: found }) };
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
