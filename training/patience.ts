import type { Score } from './task.ts';

/** The best validation score of a run so far, and how long ago it was. */
export class Patience {
  readonly #epochs: number | null;
  readonly #better: Score['better'];
  #bestEpoch = 0;
  #bestScore: number | null = null;

  /**
   * @param epochs without a better score after which it is at an end; null: it never is
   * @param better which of two scores is the better one
   */
  constructor(epochs: number | null, better: Score['better']) {
    this.#epochs = epochs;
    this.#better = better;
  }

  /** Takes the score after an epoch; one that is not finite, or the same as the best, is no better one. */
  note(epoch: number, score: number | null | undefined): void {
    if (typeof score !== 'number') return;
    const best = this.#bestScore;
    if (best !== null && !(this.#better === 'lower' ? score < best : score > best)) return;
    this.#bestEpoch = epoch;
    this.#bestScore = score;
  }

  /** Whether it is at an end after so many epochs. */
  isOver(epochs: number): boolean {
    return this.#epochs !== null && epochs - this.#bestEpoch >= this.#epochs;
  }

  /** What a checkpoint holds of it. */
  get state(): { readonly bestEpoch: number; readonly bestScore: number | null } {
    return { bestEpoch: this.#bestEpoch, bestScore: this.#bestScore };
  }

  set state({ bestEpoch, bestScore }) {
    this.#bestEpoch = bestEpoch;
    this.#bestScore = bestScore;
  }
}
