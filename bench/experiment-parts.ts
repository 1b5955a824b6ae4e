import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRule } from '../rules/index.ts';
import { type Condition, optionName, resolveCondition } from '../training/index.ts';
import type { Machine } from './environment.ts';
import type { OursRecord } from './ours.ts';
import type { Python } from './python.ts';
import type { Spread } from './statistics.ts';

/** Wall-clock seconds of a program for the whole comparison, one value a round. */
export interface WholeTime {
  readonly program: string;
  readonly seconds: readonly number[];
  readonly median: number;
}

/** What `npm run bench:comparison -- --json` prints. */
export interface ExperimentDocument {
  readonly kind: 'comparison';
  readonly machine: Machine;
  readonly ours: Readonly<Record<string, OursRecord>>;
  readonly python: Python;
  /** Runs at the same time: worker threads of ours, processes of the peers. */
  readonly atOnce: number;
  readonly seeds: number;
  readonly rounds: number;
  /** Images of each split. */
  readonly examples: { readonly train: number; readonly test: number };
  readonly rules: readonly { readonly rule: string; readonly title: string; readonly epochs: number }[];
  readonly notes: readonly string[];
  readonly times: readonly WholeTime[];
  /** Seconds of the peers over ours. */
  readonly comparisons: readonly {
    readonly ours: string;
    readonly ratio: Spread;
    readonly atLeast: number;
  }[];
  /** Test errors at the end in percent, means over the seeds, by rule and program. */
  readonly errors: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const FILES = [
  ['train-images-idx3-ubyte', 28 * 28],
  ['train-labels-idx1-ubyte', 1],
  ['t10k-images-idx3-ubyte', 28 * 28],
  ['t10k-labels-idx1-ubyte', 1],
] as const;

/**
 * Writes MNIST with every n-th image of both splits alone.
 * @returns how many images each split has
 */
export function everyImage(n: number, from: string, to: string): { train: number; test: number } {
  const counts = FILES.map(([name, size]) => {
    const bytes = readFileSync(join(from, name));
    const headerLength = size === 1 ? 8 : 16;
    const header = Buffer.from(bytes.subarray(0, headerLength));
    const rows: Buffer[] = [];
    for (let at = headerLength; at < bytes.length; at += n * size) rows.push(bytes.subarray(at, at + size));
    header.writeUInt32BE(rows.length, 4);
    writeFileSync(join(to, name), Buffer.concat([header, ...rows]));
    return rows.length;
  });
  return { train: counts[0]!, test: counts[2]! };
}

/** What `dendrite compare` has to be told so that it trains by this condition, beside layers and epochs. */
export function settingFlags({ rule, settings, options }: Condition): string[] {
  const plain = resolveCondition(findRule(rule), { settings: { layers: settings.layers } });
  const differing = (own: object, usual: object, spell: (name: string) => string): string[] =>
    Object.entries(own)
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify((usual as never)[name]))
      .flatMap(([name, value]) => ['--set', `${rule}.${spell(name)}=${value}`]);
  const { epochs, ...own } = settings;
  return [
    ...differing(own, plain.settings, optionName),
    ...differing(options, plain.options, (name) => name),
  ];
}

/** Does pieces of work, so many at the same time. */
export async function inTurns<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
