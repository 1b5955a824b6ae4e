import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf } from './environment.ts';
import { type Spread, spread } from './statistics.ts';

/** Seconds from the start of the process to the end of the first minibatch, with the built JavaScript. */
export interface StartUp {
  readonly dataset: string;
  readonly seconds: Spread;
  readonly atMost: number;
}

const DATASETS = [
  { dataset: 'mnist', atMost: 0.8 },
  { dataset: 'mnist-full', atMost: 1.5 },
] as const;

const PROGRAM = fileURLToPath(new URL('first-minibatch.mjs', import.meta.url));
const BUILT = new URL('../dist/experiments/index.js', import.meta.url);

export async function measureStartUp(
  rounds: number,
  note: (sentence: string) => void,
  progress: (line: string) => void,
): Promise<StartUp[]> {
  if (!existsSync(BUILT)) {
    note("start-up is not measured, for there is no dist/: run 'npm run build'");
    return [];
  }
  const all: StartUp[] = [];
  for (const { dataset, atMost } of DATASETS) {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push(await secondsToFirstMinibatch(dataset));
    progress(`start-up with ${dataset}: ${seconds.map((s) => s.toFixed(2)).join(', ')} s`);
    all.push({ dataset, seconds: spread(seconds), atMost });
  }
  return all;
}

async function secondsToFirstMinibatch(dataset: string): Promise<number> {
  const out = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
  try {
    const start = Date.now();
    const done = await outputOf('an experiment with dist/', process.execPath, [
      PROGRAM,
      BUILT.href,
      dataset,
      out,
    ]);
    return (Number(done) - start) / 1000;
  } finally {
    rmSync(out, { recursive: true });
  }
}
