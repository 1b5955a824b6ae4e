import { join } from 'node:path';
import type { Options } from 'yargs';
import type { CompareEvents } from '../experiments/index.ts';
import { GrowingEventFiles, readExperiment } from '../results/index.ts';

/** `--tensorboard` */
export const tensorBoardOption = {
  type: 'boolean',
  default: false,
  describe: "Write event files of TensorBoard into the comparison's folder while the runs go on",
} as const satisfies Options;

const LOGS = 'tensorboard';
/** Milliseconds; TensorBoard itself looks for news less often. */
const UPDATE_EVERY = 1000;

interface Updated {
  readonly time: number;
  readonly epochs: number;
}

/** Writes event files into the folder 'tensorboard' of a comparison while its runs go on. */
export class TensorBoardLogs {
  readonly #openFiles: (logs: string) => GrowingEventFiles;
  #files: GrowingEventFiles | null = null;
  /** Run folders by condition and seed. */
  #folders: ReadonlyMap<string, string> = new Map();
  readonly #updated = new Map<string, Updated>();
  #failure: { readonly error: unknown } | null = null;

  private constructor(openFiles: (logs: string) => GrowingEventFiles) {
    this.#openFiles = openFiles;
  }

  /** What it takes is loaded before the first run. */
  static async load(): Promise<TensorBoardLogs> {
    return new TensorBoardLogs(await GrowingEventFiles.prepare());
  }

  /** The same events, after which the files are up to date. */
  follow(events: CompareEvents): CompareEvents {
    return {
      ...events,
      started: (comparison) => {
        this.#start(comparison.folder);
        events.started?.(comparison);
      },
      progress: (now) => {
        this.#progress(`${now.condition} ${now.seed}`, now.epoch - 1);
        events.progress?.(now);
      },
      runEnded: (run) => {
        if (run.epochs.length > 0) this.#update(run.folder);
        events.runEnded?.(run);
      },
    };
  }

  /** @throws the error of the first file that could not be written, which did not stop the runs */
  end(): void {
    if (this.#failure) throw this.#failure.error;
  }

  #start(comparison: string): void {
    this.#files = this.#openFiles(join(comparison, LOGS));
    const { runs } = readExperiment(comparison).experiment;
    this.#folders = new Map(
      runs.map(({ condition, seed, folder }) => [`${condition} ${seed}`, join(comparison, folder)]),
    );
  }

  #progress(run: string, epochs: number): void {
    const last = this.#updated.get(run) ?? { time: -Infinity, epochs: 0 };
    const now = performance.now();
    if (epochs <= last.epochs || now - last.time < UPDATE_EVERY) return;
    this.#updated.set(run, { time: now, epochs });
    this.#update(this.#folders.get(run)!);
  }

  #update(runFolder: string): void {
    if (this.#failure) return;
    try {
      this.#files?.update(runFolder);
    } catch (error) {
      this.#failure = { error };
    }
  }
}
