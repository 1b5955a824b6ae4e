import type { PageState } from './address.ts';
import type { RuleAbout } from './run/about.ts';
import type { Fields, Look, Opened, Request, Resources, RunOrder, TestDigit, Told } from './run/messages.ts';
import type { Recording, ViewName } from './views/recorders.ts';
import type { Shown } from './views/view.ts';

const PIXELS = 784;
const CLASSES = 10;

export type RunState = 'opening' | 'ready' | 'finished' | 'failed';

/** What comes while the page is there already: workers start before they have the digits. */
export interface Loading {
  /** Address of the workers' code. */
  readonly worker: Promise<string>;
  readonly resources: Promise<Resources>;
}

/** A rule at work in its worker, as the page knows it. */
export class Side {
  state: RunState = 'opening';
  opened: Opened | null = null;
  readonly looks: Look[] = [];
  fields: Fields | null = null;
  examples = 0;
  examplesPerSecond: number | null = null;
  /** Why it ended or did not begin, in one sentence. */
  problem: { readonly sentence: string; readonly line: number | null } | null = null;
  readonly order: RunOrder;
  readonly #worker: Promise<Worker>;
  readonly #changed: () => void;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #asked = 0;

  constructor(order: RunOrder, loading: Loading, changed: () => void) {
    this.order = order;
    this.#changed = changed;
    this.#worker = loading.worker.then((script) => {
      const worker = new Worker(script, { type: 'module' });
      worker.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
      worker.onerror = ({ message }) => this.#fail(message || 'the worker could not be started', null);
      return worker;
    });
    // Whoever loads says why something cannot be loaded.
    loading.resources.then((resources) => this.#post({ kind: 'open', order, resources })).catch(() => {});
  }

  /** The newest look. */
  get last(): Look | undefined {
    return this.looks.at(-1);
  }

  command(command: Extract<Request, { kind: 'train' | 'pause' | 'step' | 'limit' }>): void {
    this.#post(command);
  }

  /** The rules that there are: the page itself has none of the code that trains. */
  catalogue = async (): Promise<readonly RuleAbout[]> =>
    (await this.#answer<'catalogue'>((id) => ({ kind: 'catalogue', id }))).rules;

  /** Output rates for an image; never, where the run ends before. */
  ask = async (image: Float32Array): Promise<Float32Array> =>
    (await this.#answer<'answer'>((id) => ({ kind: 'ask', id, image }))).rates;

  digit = async (index: number): Promise<TestDigit> =>
    (await this.#answer<'digit'>((id) => ({ kind: 'digit', id, index }))).digit;

  record = async (view: ViewName, shown: Shown): Promise<Recording> =>
    (await this.#answer<'recorded'>((id) => ({ kind: 'record', id, view, shown }))).recorded;

  end(): void {
    this.#worker.then((worker) => worker.terminate()).catch(() => {});
  }

  #post(request: Request): void {
    this.#worker.then((worker) => worker.postMessage(request)).catch(() => {});
  }

  #answer<Kind extends Told['kind']>(
    request: (id: number) => Request,
  ): Promise<Extract<Told, { kind: Kind }>> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (told: Told) => void);
      this.#post(request(id));
    });
  }

  #fail(sentence: string, line: number | null): void {
    this.state = 'failed';
    this.problem = { sentence, line };
    this.#changed();
  }

  #hear(told: Told): void {
    switch (told.kind) {
      case 'opened':
        this.state = 'ready';
        this.opened = told.opened;
        break;
      case 'look':
        this.looks.push(told.look);
        this.fields = told.fields;
        break;
      case 'progress':
        this.examples = told.examples;
        this.examplesPerSecond = told.examplesPerSecond ?? this.examplesPerSecond;
        break;
      case 'finished':
        this.state = 'finished';
        if (told.reason !== null) this.problem = { sentence: told.reason, line: null };
        break;
      case 'failed':
        this.#fail(told.sentence, told.line);
        return;
      default:
        this.#waiting.get(told.id)?.(told);
        this.#waiting.delete(told.id);
        return;
    }
    this.#changed();
  }
}

/** The runs of one duel, which begin alike: from the same seed, with the same digits in the same order. */
export class Duel {
  readonly sides: readonly Side[];

  /**
   * @param code the rule that is typed in, as JavaScript
   * @param changed called when one of the runs has something new
   */
  constructor(state: PageState, loading: Loading, code: string, changed: () => void) {
    const { hidden, epochs, seed, kernels } = state;
    this.sides = state.contenders.map(({ rule, batch, learningRate }) => {
      const order: RunOrder = {
        rule: rule === null ? { code } : { name: rule },
        layers: [PIXELS, ...hidden, CLASSES],
        ...{ epochs, seed, batch, learningRate, kernels },
      };
      return new Side(order, loading, changed);
    });
  }

  get isOpen(): boolean {
    return this.sides.every(({ state }) => state !== 'opening');
  }

  get isOver(): boolean {
    return this.sides.every(({ state }) => state === 'finished' || state === 'failed');
  }

  command(command: Parameters<Side['command']>[0]): void {
    for (const side of this.sides) side.command(command);
  }

  end(): void {
    for (const side of this.sides) side.end();
  }
}
