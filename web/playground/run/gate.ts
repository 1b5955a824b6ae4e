/** A limit is kept over so many seconds: shorter ones would make calls of the device too short. */
const SLICE = 0.1;

/** Lets minibatches through: none, one, or as many a second as the limit allows. */
export class Gate {
  #state: 'closed' | 'one' | 'open' = 'closed';
  #limit: number | null = null;
  #wake = (): void => {};
  /** When the last minibatches came through. */
  #since = performance.now();

  /** Opens for good. */
  open(): void {
    this.#change('open');
  }

  close(): void {
    this.#change('closed');
  }

  /** Lets one minibatch through. */
  step(): void {
    this.#change('one');
  }

  /** Examples a second; null: no limit. */
  set limit(examplesPerSecond: number | null) {
    this.#limit = examplesPerSecond;
    this.#wake();
  }

  /** Minibatches of so many examples that may come at once. */
  most(batch: number): number {
    if (this.#state === 'one') return 1;
    if (this.#limit === null) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.floor((this.#limit * SLICE) / batch));
  }

  /** Waits until the next minibatches may come. @param examples that came since the last wait */
  async pass(examples: number): Promise<void> {
    if (this.#state === 'one' && examples > 0) this.#state = 'closed';
    while (this.#state === 'closed') await this.#changed();
    await this.#slow(examples);
    this.#since = performance.now();
  }

  /** Waits as long as the limit asks for, whatever it is changed to meanwhile. */
  async #slow(examples: number): Promise<void> {
    while (this.#limit !== null && this.#state === 'open') {
      const rest = this.#since + (1000 * examples) / this.#limit - performance.now();
      if (rest <= 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const rested = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, rest);
      });
      await Promise.race([this.#changed(), rested]);
      clearTimeout(timer);
    }
  }

  #change(state: 'closed' | 'one' | 'open'): void {
    this.#state = state;
    this.#wake();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
