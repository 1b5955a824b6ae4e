import type { Settings } from '../training/index.ts';

/** A labelled line below the table. */
export interface Line {
  label: string;
  text: string;
}

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
