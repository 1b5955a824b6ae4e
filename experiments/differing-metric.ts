import type { EpochRecord } from '../training/index.ts';

/** What depends on the clock. */
const TIMES: readonly string[] = [
  'seconds',
  'evaluationSeconds',
  'examplesPerSecond',
] satisfies (keyof EpochRecord)[];

/** The first metric but the times in which two records of an epoch differ, or null. */
export function differingMetric(a: EpochRecord, b: EpochRecord | undefined): string | null {
  if (b === undefined) return 'the record';
  const names = new Set([...Object.keys(a), ...Object.keys(b)] as (keyof EpochRecord)[]);
  for (const name of names)
    if (!TIMES.includes(name) && JSON.stringify(a[name]) !== JSON.stringify(b[name])) return name;
  return null;
}
