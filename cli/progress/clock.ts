/** What tells the time, and wakes who waits for it. A test hands in its own. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Calls `tick` every so many milliseconds. @returns what ends it */
  every(ms: number, tick: () => void): () => void;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms).unref();
    return () => clearInterval(timer);
  },
};
