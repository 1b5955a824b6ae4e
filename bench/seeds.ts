/**
 * Seconds of an experiment with several seeds: `node --import tsx bench/seeds.ts <order as JSON>` prints them. Neither the start
 * of the process nor that of its threads is left out of an experiment; the former is left out here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceOptions } from '../devices/index.ts';
import { compare } from '../experiments/index.ts';
import type { SettingsInput } from '../training/index.ts';

export interface SeedsOrder {
  readonly device: DeviceOptions;
  readonly settings: SettingsInput;
  readonly seeds: number;
  readonly jobs: number;
}

const { device, settings, seeds, jobs }: SeedsOrder = JSON.parse(process.argv[2]!);
const out = mkdtempSync(join(tmpdir(), 'dendrite-bench-'));
try {
  const start = performance.now();
  await compare({
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
    diagnostics: ['none'],
    settings,
    rules: ['backprop'],
    device,
    out,
    jobs,
  });
  process.stdout.write(`${(performance.now() - start) / 1000}\n`);
} finally {
  rmSync(out, { recursive: true });
}
