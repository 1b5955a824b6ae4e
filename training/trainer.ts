import { RandomStream, type Tensor, UserError } from '../kernels/index.ts';
import { type Checkpoint, hashStates, identify, type SavedTensor } from './checkpoint.ts';
import type { EpochRecord } from './epoch.ts';
import { Pace } from './pace.ts';
import { type RunParts, stepsPerEpoch, type TracedRun, totalSteps, traceRun } from './traced-run.ts';

/** How training is watched and stopped. */
export interface EpochsOptions {
  /**
   * Stops training and evaluation after the minibatches at hand; `epochs` then throws the signal's reason, and the trainer can be
   * saved.
   */
  readonly signal?: AbortSignal;
  /** After each call of the device, every few minibatches: the trainer can be saved. Training waits for what it returns. */
  progress?(stepsDone: number, stepsTotal: number): unknown;
}

/** One run that can be stepped, saved and loaded. The same seed gives the same run whatever else is looked at. */
export interface Trainer {
  /**
   * Trains on from where the trainer is, and yields a record after each epoch. It ends when the budget is used up, or
   * after a record with `diverged`.
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
  /** SHA-256 of the bits of all states. */
  hashStates(): Promise<string>;
  /**
   * Output rates for images, row by row.
   * @param images as many rows of pixels from 0 to 1 as there are images
   */
  predict(images: Float32Array): Promise<Float32Array>;
  /** What was asked for and cannot be measured, and why. */
  readonly notes: readonly string[];
  /** Minibatches done, and in all. */
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** Epochs whose record was given. */
  readonly epochsDone: number;
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
  return new DeviceTrainer(parts, run, identity);
}

type Measured = Pick<EpochRecord, 'testScore' | 'validationScore' | 'diagnostics'>;

class DeviceTrainer implements Trainer {
  readonly #parts: RunParts;
  readonly #run: TracedRun;
  readonly #identity: string;
  readonly #stepsPerEpoch: number;
  readonly stepsTotal: number;
  readonly #pace: Pace;
  #step = 0;
  #epochs = 0;
  /** Seconds of training in the epoch at hand. */
  #seconds = 0;
  #prediction: Prediction | null = null;

  constructor(parts: RunParts, run: TracedRun, identity: string) {
    const { condition, dataset } = parts;
    const examples = dataset.train.images.count;
    this.#parts = parts;
    this.#run = run;
    this.#identity = identity;
    this.#pace = new Pace(parts.device.capabilities);
    this.#stepsPerEpoch = stepsPerEpoch(condition.settings, examples);
    this.stepsTotal = totalSteps(condition.settings, examples);
  }

  get stepsDone(): number {
    return this.#step;
  }

  get epochsDone(): number {
    return this.#epochs;
  }

  get states(): ReadonlyMap<string, Tensor> {
    return this.#run.states;
  }

  get notes(): readonly string[] {
    return this.#run.diagnostics.notes;
  }

  async *epochs(options: EpochsOptions = {}): AsyncGenerator<EpochRecord> {
    for (;;) {
      const epoch = this.#epochs;
      const first = epoch * this.#stepsPerEpoch;
      if (first >= this.stepsTotal) return;
      const end = Math.min(first + this.#stepsPerEpoch, this.stepsTotal);
      if (this.#step === first) {
        await this.#run.totals.reset();
        this.#seconds = 0;
      }
      const diverged = await this.#train(this.#order(epoch), first, end, options);
      const record = await this.#record(epoch, first, diverged, options.signal);
      this.#epochs++;
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
      epochSeconds: this.#step > this.#epochs * this.#stepsPerEpoch ? this.#seconds : 0,
      states: await this.#savedStates(),
      rowStores,
    };
  }

  async load({ format, run, step, epochs, epochSeconds, states, rowStores }: Checkpoint): Promise<void> {
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
    this.#step = step;
    this.#epochs = epochs;
    this.#seconds = epochSeconds;
  }

  read(state: Tensor): Promise<Float32Array> {
    return this.#parts.device.read(state);
  }

  async hashStates(): Promise<string> {
    return hashStates(await this.#savedStates());
  }

  async predict(images: Float32Array): Promise<Float32Array> {
    this.#prediction ??= await tracePrediction(this.#run, this.#parts.dataset.width);
    return this.#prediction(images);
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

  /** The order of the examples in an epoch, counted from 0: it depends on the seed and the epoch alone. */
  #order(epoch: number): Uint32Array {
    const { count } = this.#parts.dataset.train.images;
    const rows = Uint32Array.from({ length: count }, (_, i) => i);
    return new RandomStream(this.#parts.seed, 'batches', epoch).shuffle(rows);
  }

  /**
   * Trains from the step at hand to the end of the epoch.
   * @returns null, or why a value is not finite
   */
  async #train(
    order: Uint32Array,
    first: number,
    end: number,
    { signal, progress }: EpochsOptions,
  ): Promise<string | null> {
    const { batch } = this.#parts.condition.settings;
    while (this.#step < end) {
      signal?.throwIfAborted();
      const steps = this.#pace.next(end - this.#step);
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
      if (!Number.isFinite(loss)) {
        const epoch = Math.floor(first / this.#stepsPerEpoch) + 1;
        return `the training loss became ${loss} in epoch ${epoch}, within ${this.#step} minibatches`;
      }
      await progress?.(this.#step, this.stepsTotal);
      await this.#pace.pause();
    }
    return null;
  }

  async #record(
    epoch: number,
    first: number,
    diverged: string | null,
    signal: AbortSignal | undefined,
  ): Promise<EpochRecord> {
    const { loss, score } = await this.#run.totals.read();
    const { batch } = this.#parts.condition.settings;
    const seen = (this.#step - first) * batch;
    const common = {
      epoch: epoch + 1,
      examples: this.#step * batch,
      trainLoss: finite(loss / seen),
      trainScore: score === null ? null : finite(score / seen),
    };
    const begin = performance.now();
    const { diagnostics, ...scores }: Measured =
      diverged === null ? await this.#measure(signal) : { testScore: null };
    // In the order of the schema, so that a record that was read back is the same text.
    return {
      ...common,
      ...scores,
      seconds: this.#seconds,
      evaluationSeconds: (performance.now() - begin) / 1000,
      examplesPerSecond: seen / this.#seconds,
      ...(diagnostics && { diagnostics }),
      ...(diverged !== null && { diverged }),
    };
  }

  async #measure(signal: AbortSignal | undefined): Promise<Measured> {
    const { task, testScore, validationScore, diagnostics } = this.#run;
    await task.prepareScores?.(signal);
    const scores = {
      testScore: finite(await testScore(signal)),
      ...(validationScore && { validationScore: finite(await validationScore(signal)) }),
    };
    signal?.throwIfAborted();
    const measured = await diagnostics.measure();
    return { ...scores, ...(Object.keys(measured).length > 0 && { diagnostics: measured }) };
  }

  #end(): void {
    this.#step = this.stepsTotal;
    this.#epochs = Math.ceil(this.stepsTotal / this.#stepsPerEpoch);
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

type Prediction = (images: Float32Array) => Promise<Float32Array>;

/** Images that are shown at once where the rule does not say. */
const PREDICTION_BATCH = 100;

async function tracePrediction(
  { kernels: k, network, respond, rule }: TracedRun,
  width: number,
): Promise<Prediction> {
  const batch = rule.evaluationBatchSize ?? PREDICTION_BATCH;
  const outputs = network.populations.at(-1)!.size;
  const input = k.result('images to predict', batch, width);
  const answer = k.result('prediction', batch, outputs);
  const executable = await k.trace('prediction', () => {
    k.mapInto(answer, (y) => y, respond(input).at(-1)!);
  });
  return async (images) => {
    if (images.length % width !== 0)
      throw new UserError(
        `predict got ${images.length} pixels, which are no whole number of images of ${width} pixels`,
      );
    const count = images.length / width;
    const answers = new Float32Array(count * outputs);
    const rows = new Uint32Array(0);
    for (let first = 0; first < count; first += batch) {
      const shown = new Float32Array(batch * width);
      shown.set(images.subarray(first * width, (first + batch) * width));
      await k.device.write(input, shown);
      await executable.run({ steps: 1, firstStep: first / batch, rows });
      const known = Math.min(batch, count - first);
      answers.set((await k.device.read(answer)).subarray(0, known * outputs), first * outputs);
    }
    return answers;
  };
}
