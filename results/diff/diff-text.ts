import pc from 'picocolors';
import { type Column, grid } from '../table-grid.ts';
import { intervalText, MISSING, signedText, valueText } from '../table-words.ts';
import type { ConfigurationDifference, ConfigurationValue } from './configuration.ts';
import type { ComparisonDiff, ConditionDiff } from './diff.ts';

/** What differs between two comparisons, for people. */
export function diffText(diff: ComparisonDiff): string {
  const only = [
    ...onlyLines('A', diff.onlyA),
    ...onlyLines('B', diff.onlyB),
    ...diff.conditions.flatMap(runLines),
  ];
  const sections = [
    `A: ${diff.a}\nB: ${diff.b}`,
    configurationText(diff),
    diff.conditions.length === 0 ? 'They have no condition in common.' : resultsText(diff),
    ...(only.length === 0 ? [] : [only.join('\n')]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function configurationText({ configuration }: ComparisonDiff): string {
  if (configuration.length === 0) return 'Nothing differs in the configuration.';
  const column = (heading: string, of: (difference: ConfigurationDifference) => string): Column => ({
    align: 'left',
    cells: [heading, ...configuration.map(of)],
  });
  return plain([
    column('Configuration', ({ key }) => key),
    column('A', ({ key, a }) => shown(key, a)),
    column('B', ({ key, b }) => shown(key, b)),
  ]);
}

const plain = (columns: readonly Column[]): string => grid(columns, pc.createColors(false));

/** Hashes are cut short: of two that differ, the beginnings do too. */
function shown(key: string, value: ConfigurationValue): string {
  if (value === null) return MISSING;
  if (typeof value === 'string')
    return /^[0-9a-f]{40,64}\b/.test(value) ? value.replace(/^(.{12})[0-9a-f]*/, '$1') : value;
  if (Array.isArray(value) && value.some((one) => typeof one === 'object')) return JSON.stringify(value);
  return valueText(key.split('.').at(-1)!, value);
}

function resultsText({ score, conditions }: ComparisonDiff): string {
  const column = (
    align: Column['align'],
    heading: string,
    of: (condition: ConditionDiff) => string,
  ): Column => ({ align, cells: [heading, ...conditions.map(of)] });
  const differences = score && [
    column('right', 'Seeds', ({ difference }) => String(difference!.n)),
    column('right', `${score.label}, ${score.unit}: B minus A\nmean ± sd [95 % interval]`, (one) =>
      differenceText(one, score.digits),
    ),
  ];
  const table = plain([
    column('left', 'Condition', ({ condition }) => condition),
    ...(differences ?? []),
    column('right', 'Same bits', bitsText),
  ]);
  return score ? table : `${table}\n\nTheir scores are of different kinds, so they have no difference.`;
}

function differenceText({ difference }: ConditionDiff, digits: number): string {
  const { mean, sd, ci95 } = difference!;
  const signed = (value: number | null) => signedText(value, digits);
  if (sd === null) return signed(mean);
  return `${signed(mean)} ± ${sd.toFixed(digits)} ${intervalText(ci95, signed)}`;
}

function bitsText({ sameBits, otherBits }: ConditionDiff): string {
  const known = sameBits.length + otherBits.length;
  return known === 0 ? MISSING : `${sameBits.length} of ${known}`;
}

const onlyLines = (where: 'A' | 'B', ids: readonly string[]): string[] =>
  ids.length === 0 ? [] : [`Only in ${where}: ${ids.join(', ')}`];

const runLines = ({ condition, onlyA, onlyB, otherStatus }: ConditionDiff): string[] => [
  ...(onlyA.length > 0 ? [`Only in A: ${condition}, ${seedsText(onlyA)}`] : []),
  ...(onlyB.length > 0 ? [`Only in B: ${condition}, ${seedsText(onlyB)}`] : []),
  ...otherStatus.map(({ seed, a, b }) => `${condition}, seed ${seed}: ${a} in A, ${b} in B`),
];

const seedsText = (seeds: readonly number[]): string =>
  `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
