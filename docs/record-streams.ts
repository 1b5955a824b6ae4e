/**
 * Collects what `dendrite probe` read of the runs of two-streams and two-streams-identity, and writes
 * docs/measurements/two-streams-readouts.json:
 *
 *     npx dendrite probe <run> moving-digits:3:direction moving-digits:3 --json > <file>     (for each run)
 *     node --import tsx docs/record-streams.ts <files>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunReadouts } from '../experiments/index.ts';
import { parseRunSpec } from '../training/index.ts';

/** What was read of one run. */
export interface StreamReadouts extends Pick<RunReadouts, 'readouts' | 'specialisations'> {
  readonly task: string;
  readonly rule: string;
  readonly structure: string;
  readonly seed: number;
}

function readoutsOf(file: string): StreamReadouts {
  const { checkpoint, readouts, specialisations }: RunReadouts = JSON.parse(readFileSync(file, 'utf8'));
  const config = join(dirname(dirname(checkpoint)), 'config.json');
  const { task, condition, seed } = parseRunSpec(JSON.parse(readFileSync(config, 'utf8')), config);
  const { rule, settings } = condition;
  return { task, rule, structure: settings.structure, seed, readouts, specialisations };
}

if (process.argv[1]?.endsWith('record-streams.ts')) {
  const url = new URL('measurements/two-streams-readouts.json', import.meta.url);
  writeFileSync(url, `${JSON.stringify(process.argv.slice(2).map(readoutsOf))}\n`);
}
