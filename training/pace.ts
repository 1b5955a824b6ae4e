import type { Capabilities } from '../kernels/index.ts';

/** Calls of a device that take no more ms than this can be stopped in between without a wait worth mentioning. */
const LONGEST_CALL = 250;

/** Without a pause of this many ms, timers, signals and progress bars of the thread would starve. */
const PAUSE_EVERY = 50;

/** Divides steps into calls of a device, between which a run can be stopped. Results do not depend on it. */
export class Pace {
  readonly #capabilities: Capabilities;
  #msPerStep = Number.POSITIVE_INFINITY;
  #lastPause = performance.now();

  constructor(capabilities: Capabilities) {
    this.#capabilities = capabilities;
  }

  /**
   * Steps of the next call.
   * @param left steps that are still to be done
   * @param seconds that are left for them; infinitely many when left out
   */
  next(left: number, seconds = Number.POSITIVE_INFINITY): number {
    const { stepsPerCall, takesFewerSteps } = this.#capabilities;
    const longest = Math.min(LONGEST_CALL, 1000 * seconds);
    const short = takesFewerSteps ? Math.floor(longest / this.#msPerStep) : stepsPerCall;
    return Math.max(1, Math.min(short, stepsPerCall, left));
  }

  /** Does a call of so many steps. @returns the seconds that it took */
  async time(steps: number, call: () => Promise<unknown>): Promise<number> {
    const begin = performance.now();
    await call();
    const ms = performance.now() - begin;
    this.#msPerStep = ms / steps;
    return ms / 1000;
  }

  /** Lets the thread do what else it has to do. */
  async pause(): Promise<void> {
    if (performance.now() - this.#lastPause < PAUSE_EVERY) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#lastPause = performance.now();
  }
}
