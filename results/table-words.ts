import type { Condition, Settings } from '../training/index.ts';
import type { ConditionSummary } from './comparison.schema.ts';

/** A labelled line below the table. */
export interface Line {
  label: string;
  text: string;
}

/** The name for people of the condition with an id. */
export const labelOf = (conditions: readonly Condition[], id: string): string =>
  conditions.find((condition) => condition.id === id)!.label;

export const thousands = (value: number): string => value.toLocaleString('en-US');

export const countOf = (count: number, noun: string): string =>
  `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;

/** learningRate as 'learning rate'. */
export const wordsOf = (setting: string): string =>
  setting.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The value of a setting or an option. */
export function valueText(name: string, value: unknown): string {
  if (name === 'layers') return (value as number[]).join('-');
  if (value === null) return 'not given';
  return [value].flat().join(', ');
}

/** A budget in words: '10 epochs', '4,000 examples'. */
export function budgetText({ epochs, examples, multiplyAccumulates, seconds }: Settings): string {
  if (examples !== null) return `${thousands(examples)} examples`;
  if (multiplyAccumulates !== null)
    return `${thousands(Math.round(multiplyAccumulates))} multiply-accumulates`;
  return seconds === null ? countOf(epochs, 'epoch') : countOf(Number(seconds.toPrecision(3)), 'second');
}

export const MISSING = '–';

/** With a plus sign where it is due; what rounds to zero has no sign. */
export function signedText(value: number | null, digits: number): string {
  if (value === null) return MISSING;
  const text = value.toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return value > 0 ? `+${text}` : text;
}

export const intervalText = (ends: [number, number] | null, format: (value: number) => string): string =>
  ends === null ? MISSING : `[${format(ends[0])}, ${format(ends[1])}]`;

/** A p with two digits. */
export function pText(p: number | null): string {
  if (p === null) return MISSING;
  if (p < 0.001) return '< 0.001';
  return p > 0.995 ? '1' : p.toPrecision(2);
}

/** How many runs are in the mean, and what became of the others. */
export function runsText({ n, diverged, failed, unfinished }: ConditionSummary, total: number): string {
  const others = Object.entries({ diverged, failed, unfinished }).filter(([, count]) => count > 0);
  const counted = n === total ? `${n}` : `${n} of ${total}`;
  return [counted, ...others.map(([what, count]) => `${count} ${what}`)].join('\n');
}

const THREE_DIGITS = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** Examples a second, with three digits. */
export const rateText = (value: number | null): string =>
  value === null ? MISSING : THREE_DIGITS.format(value);
