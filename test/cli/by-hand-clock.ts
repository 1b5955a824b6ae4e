import type { Clock } from '../../cli/progress/clock.ts';

/** A clock that a test moves. */
export class ByHandClock implements Clock {
  #now = 0;
  readonly #ticks = new Set<{ ms: number; next: number; tick: () => void }>();

  now(): number {
    return this.#now;
  }

  every(ms: number, tick: () => void): () => void {
    const entry = { ms, next: this.#now + ms, tick };
    this.#ticks.add(entry);
    return () => void this.#ticks.delete(entry);
  }

  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    const end = this.#now + ms;
    while (this.#now < end) {
      this.#now++;
      for (const entry of this.#ticks)
        if (entry.next <= this.#now) {
          entry.next += entry.ms;
          entry.tick();
        }
    }
  }
}
