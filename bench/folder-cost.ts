import fs, { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from '../experiments/index.ts';
import type { CheckpointPlan } from '../results/index.ts';
import { defineRule, RULES } from '../rules/index.ts';
import type { SettingsInput } from '../training/index.ts';

/** What a run asks of a file system, by kind. */
export interface FileOperations {
  /** Names that are made, changed or removed: files and folders. */
  readonly names: number;
  /** Waits until something is on the disk. */
  readonly flushes: number;
  /** Whether something is there, what is in a folder, files that are opened to be read. */
  readonly lookups: number;
}

/** What runs leave in their folders, and what writing it asked of the file system. */
export interface FolderCost {
  readonly rule: string;
  readonly layers: readonly number[];
  readonly trainExamples: number;
  readonly checkpoint: CheckpointPlan['keep'];
  readonly epochs: number;
  /** Of one run, after it has finished. */
  readonly files: number;
  readonly bytes: number;
  readonly operations: FileOperations;
}

const LAYERS = [784, 500, 10];
/** Done within the second after which the document of the comparison is written again. */
const SMALL: SettingsInput = { layers: [784, 2, 10], batch: 4000 };
const EPOCHS = 10;

/** Of two rules, one with moments of the optimizer and one that keeps rows of each example, with each choice of checkpoints. */
export async function measureFolders(): Promise<FolderCost[]> {
  const costs: FolderCost[] = [];
  for (const rule of ['backprop', 'equilibrium-propagation'])
    for (const checkpoint of ['none', 'last', 'every'] as const)
      costs.push(await folderCost(rule, checkpoint));
  return costs;
}

async function folderCost(rule: string, checkpoint: CheckpointPlan['keep']): Promise<FolderCost> {
  const { size, trainExamples } = await runsOf(rule, checkpoint, { layers: LAYERS }, 1);
  const one = await runsOf(rule, checkpoint, SMALL, 1);
  const two = await runsOf(rule, checkpoint, SMALL, 2);
  const operations = difference(two.operations, one.operations);
  return { rule, layers: LAYERS, trainExamples, checkpoint, epochs: EPOCHS, ...size, operations };
}

/** What a run more asks: the folder and the document of the comparison are not its own. */
const difference = (two: FileOperations, one: FileOperations): FileOperations => ({
  names: two.names - one.names,
  flushes: two.flushes - one.flushes,
  lookups: two.lookups - one.lookups,
});

async function runsOf(
  name: string,
  checkpoint: CheckpointPlan['keep'],
  settings: SettingsInput,
  runs: number,
) {
  const out = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  // In memory, so that it runs in this thread, where its calls are counted.
  const rule = defineRule({ ...RULES.find((rule) => rule.name === name)!, name: `counted-${name}` });
  const counter = new OperationCounter();
  counter.begin();
  try {
    const { runs: done, experiment } = await compare({
      rules: [rule],
      seeds: Array.from({ length: runs }, (_, i) => i + 1),
      settings: { ...settings, epochs: EPOCHS },
      diagnostics: ['none'],
      device: { device: 'cpu', blas: 'none' },
      checkpoint,
      out,
    });
    const { operations } = counter;
    return { size: sizeOf(done[0]!.folder), operations, trainExamples: experiment.trainExamples };
  } finally {
    counter.end();
    rmSync(out, { recursive: true });
  }
}

/** Files in a folder and those below it. */
export function sizeOf(folder: string): { files: number; bytes: number } {
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .filter((entry) => entry.isFile())
    .map(({ size }) => size);
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

type Call = (...args: never[]) => unknown;

/** Counts what is asked of `node:fs` in this thread. */
export class OperationCounter {
  #names = 0;
  #flushes = 0;
  #lookups = 0;
  readonly #real: Partial<typeof fs> = {};
  /** Functions of `node:fs` call each other: only the outermost call counts. */
  #isWithin = false;

  get operations(): FileOperations {
    return { names: this.#names, flushes: this.#flushes, lookups: this.#lookups };
  }

  begin(): void {
    for (const name of ['renameSync', 'rmSync', 'mkdirSync'] as const) this.#count(name, () => this.#names++);
    for (const name of ['existsSync', 'statSync', 'readdirSync', 'readFileSync'] as const)
      this.#count(name, () => this.#lookups++);
    this.#count('fsyncSync', () => this.#flushes++);
    this.#count('openSync', (_: string, flags: string) =>
      flags.startsWith('w') ? this.#names++ : this.#lookups++,
    );
    this.#count('appendFileSync', () => {
      this.#lookups++;
      this.#flushes++;
    });
    syncBuiltinESMExports();
  }

  end(): void {
    Object.assign(fs, this.#real);
    syncBuiltinESMExports();
  }

  #count(name: keyof typeof fs & `${string}Sync`, count: Call): void {
    const call = fs[name] as Call;
    Object.assign(this.#real, { [name]: call });
    Object.assign(fs, {
      [name]: (...args: never[]) => {
        if (this.#isWithin) return call(...args);
        this.#isWithin = true;
        try {
          count(...args);
          return call(...args);
        } finally {
          this.#isWithin = false;
        }
      },
    });
  }
}
