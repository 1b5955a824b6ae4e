import type { RunProgress } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';

/** Tells a user how runs stand. */
export interface Progress {
  update(progress: RunProgress): void;
  ended(run: RunResult): void;
  /** A sentence, at once. */
  say(text: string): void;
  /** Tells what is still to be told, and nothing after that. */
  stop(): void;
}
