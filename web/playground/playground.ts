import example from '../../examples/own-rule/sign-symmetry.ts?raw';
import { type PageState, readAddress, writeAddress } from './address.ts';
import { Duel, type Loading } from './duel.ts';
import type { Mistake } from './editor/compile.ts';
import { packText, unpackText } from './editor/packed-text.ts';
import { loadResources, loadWorker } from './resources.ts';
import type { RuleAbout } from './run/about.ts';

/** Milliseconds between two drawings of what runs tell. */
const DRAW_EVERY = 120;

/** The page without its looks: what is chosen, the duel at hand, and what the user asks of it. */
export class Playground {
  state: PageState;
  rules: readonly RuleAbout[] = [];
  duel: Duel | null = null;
  isRunning = true;
  /** Share of the digits that is loaded. */
  loaded = 0;
  /** Why there can be no duel at all. */
  problem: string | null = null;
  /** The rule that is typed in. */
  source: string = example;
  /** What is wrong with its syntax. */
  mistake: Mistake | null = null;
  /** Whether the rule that is typed in may run: one that came with a link may not before its reader says so. */
  isTrusted = true;
  /** The rule that is typed in, for the address; null: it is too long. */
  packedSource: string | null = '';
  #loading: Loading | null = null;
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The duel that was told to begin. */
  #begun: Duel | null = null;

  constructor(address: string) {
    const { state, source } = readAddress(address);
    this.state = state;
    this.packedSource = source;
  }

  /** Loads what the page needs and begins the duel. */
  async open(): Promise<void> {
    this.#loading = {
      worker: loadWorker(),
      resources: loadResources((loaded) => this.#draw({ loaded })),
    };
    Promise.all(Object.values(this.#loading)).then(
      () => this.#draw({ loaded: 1 }),
      (error: Error) => this.#draw({ problem: error.message }),
    );
    if (this.packedSource) await this.#unpackSource(this.packedSource);
    await this.restart();
  }

  /** @returns what ends it */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get hasOwnRule(): boolean {
    return this.state.contenders.some(({ rule }) => rule === null);
  }

  /** Changes what the duel depends on, and begins it anew. */
  choose(chosen: Partial<PageState>): void {
    this.state = { ...this.state, ...chosen };
    void this.restart();
  }

  /** Changes what is looked at; the duel goes on. */
  show(shown: Partial<Pick<PageState, 'speed' | 'digit' | 'neuron'>>): void {
    this.state = { ...this.state, ...shown };
    if ('speed' in shown) this.duel?.command({ kind: 'limit', examplesPerSecond: this.state.speed });
    this.#writeAddress();
    this.#draw({});
  }

  start(): void {
    this.duel?.command({ kind: 'train' });
    this.#draw({ isRunning: true });
  }

  pause(): void {
    this.duel?.command({ kind: 'pause' });
    this.#draw({ isRunning: false });
  }

  step(): void {
    this.duel?.command({ kind: 'step' });
    this.#draw({ isRunning: false });
  }

  /** Trains the rule that is typed in, among the others. */
  async train(source: string): Promise<void> {
    this.source = source;
    this.isTrusted = true;
    this.packedSource = await packText(source);
    if (!this.hasOwnRule) {
      const { contenders } = this.state;
      const own = { rule: null, batch: null, learningRate: null };
      const others = contenders.length < 4 ? contenders : contenders.slice(0, -1);
      this.state = { ...this.state, contenders: [...others, own] };
    }
    this.isRunning = true;
    await this.restart();
  }

  /** Ends the duel and begins it anew, from its first weights. A mistake in the rule that is typed in leaves it as it is. */
  async restart(): Promise<void> {
    const { state } = this;
    this.#writeAddress();
    this.#draw({});
    if (!this.#loading || (this.hasOwnRule && !this.isTrusted)) return;
    const code = this.hasOwnRule ? await this.#compile() : '';
    // Something else may have been chosen meanwhile.
    if (code === null || state !== this.state) return;
    this.duel?.end();
    const duel: Duel = new Duel(state, this.#loading, code, () => this.#hear(duel));
    this.#draw({ duel, mistake: null });
    if (this.rules.length === 0) this.#draw({ rules: await duel.sides[0]!.catalogue() });
  }

  #hear(duel: Duel): void {
    if (duel !== this.duel) return;
    if (duel.isOpen && this.#begun !== duel) {
      this.#begun = duel;
      duel.command({ kind: 'limit', examplesPerSecond: this.state.speed });
      if (this.isRunning) duel.command({ kind: 'train' });
    }
    this.#timer ??= setTimeout(() => this.#draw({}), DRAW_EVERY);
  }

  async #compile(): Promise<string | null> {
    const { compile } = await import('./editor/compile.ts');
    const compiled = compile(this.source);
    if ('code' in compiled) return compiled.code;
    this.#draw({ mistake: compiled });
    return null;
  }

  async #unpackSource(packed: string): Promise<void> {
    const source = await unpackText(packed);
    if (source === null) {
      this.problem = 'the rule in this link is damaged: ask for the link again';
      return;
    }
    this.isTrusted = source === example;
    this.source = source;
  }

  #writeAddress(): void {
    const source = this.hasOwnRule ? (this.packedSource ?? '') : '';
    history.replaceState(null, '', `#${writeAddress(this.state, source)}`);
  }

  #draw(
    changed: Partial<Pick<Playground, 'rules' | 'duel' | 'isRunning' | 'loaded' | 'problem' | 'mistake'>>,
  ): void {
    Object.assign(this, changed);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const listener of this.#listeners) listener();
  }
}
