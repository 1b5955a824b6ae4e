/**
 * Collects what `dendrite forecast` says of the runs of two-streams with one pathway, each rule's network as the brain of the other's, and
 * writes docs/measurements/forecasts.json:
 *
 *     npx dendrite forecast <brain> <model> --json > <brain's rule>-<seed>.json     (for each seed, both ways)
 *     node --import tsx docs/record-forecasts.ts <files>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { RunForecast } from '../experiments/index.ts';

/** What was found with the network of one run as the brain. */
export interface RecordedForecast extends Pick<RunForecast, 'brain' | 'passive'> {
  /** Rule of the brain. */
  readonly rule: string;
  readonly seed: number;
}

function forecastOf(file: string): RecordedForecast {
  const [, rule, seed] = /^(.*)-(\d+)\.json$/.exec(basename(file))!;
  const { brain, passive }: RunForecast = JSON.parse(readFileSync(file, 'utf8'));
  return { rule: rule!, seed: Number(seed), brain, passive };
}

if (process.argv[1]?.endsWith('record-forecasts.ts')) {
  const url = new URL('measurements/forecasts.json', import.meta.url);
  writeFileSync(url, `${JSON.stringify(process.argv.slice(2).map(forecastOf))}\n`);
}
