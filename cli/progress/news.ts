import type { RunProgress } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';
import { type Fired, firedIn } from '../../training/index.ts';
import { oneLine, type Words } from './words.ts';

/** Milliseconds until more runs that failed as others before them are told. */
const REPEAT_EVERY = 10_000;

/** Runs that ended badly in the same way. */
interface Kind {
  /** Of the first one. */
  readonly first: string;
  /** Names of those that are not told yet. */
  readonly names: string[];
  toldAt: number;
}

/**
 * What must not be missed: notes, what guards have found, and runs that failed or diverged. A note is told once for a condition, whose runs all
 * have it; what a guard has found of a layer of the condition for the first run that has it. The
 * first run that ended badly in some way is told with the reason, and those like it from time to time, together.
 */
export class News {
  readonly #words: Words;
  readonly #notes = new Set<string>();
  readonly #fired = new Set<string>();
  readonly #kinds = new Map<string, Kind>();
  #sentences: string[] = [];

  constructor(words: Words) {
    this.#words = words;
  }

  /** What is new in the progress of a run. */
  of(progress: RunProgress): void {
    this.#notesOf(progress);
    this.#guardsOf(progress, progress.guards);
  }

  #guardsOf(run: RunProgress | RunResult, guards: readonly Fired[]): void {
    for (const { guard, layer, sentence } of guards) {
      const key = [run.condition, guard, layer].join(' ');
      if (this.#fired.has(key)) continue;
      this.#fired.add(key);
      this.#sentences.push(oneLine(`${this.#words.name(run)}: ${sentence}`));
    }
  }

  #notesOf({ condition, notes = [] }: RunProgress | RunResult): void {
    for (const note of notes) {
      const sentence = oneLine(`${this.#words.label(condition)}: ${note}`);
      if (this.#notes.has(sentence)) continue;
      this.#notes.add(sentence);
      this.#sentences.push(sentence);
    }
  }

  /** @param now milliseconds */
  ended(run: RunResult, now: number): void {
    this.#notesOf(run);
    this.#guardsOf(run, firedIn(run.epochs));
    const { status, reason, folder } = run;
    if (reason === undefined) return;
    const name = this.#words.name(run);
    // Where the loss diverged and which folder it was tells two runs apart, not two reasons.
    const key = `${status} ${reason.replaceAll(folder, '').replaceAll(/\d+/g, '')}`;
    const known = this.#kinds.get(key);
    if (known) {
      known.names.push(name);
      return;
    }
    this.#kinds.set(key, { first: name, names: [], toldAt: now });
    this.#sentences.push(oneLine(`${name} ${status}: ${reason}`));
  }

  /**
   * Sentences that are due, and are told with that.
   * @param all whether repetitions are not waited for
   */
  take(now: number, all = false): string[] {
    const sentences = this.#sentences;
    this.#sentences = [];
    for (const [key, kind] of this.#kinds) {
      const { names, first, toldAt } = kind;
      if (names.length === 0 || !(all || now - toldAt >= REPEAT_EVERY)) continue;
      const others = names.length - 1;
      const more = others === 0 ? '' : ` and ${others} other${others === 1 ? '' : 's'}`;
      sentences.push(oneLine(`${names[0]}${more} ${key.split(' ', 1)[0]}, like ${first}`));
      names.length = 0;
      kind.toldAt = now;
    }
    return sentences;
  }
}
