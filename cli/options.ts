import pc from 'picocolors';
import type { ExperimentInput } from '../experiments/index.ts';
import { UserError } from '../kernels/index.ts';

/** Readers of options that hold several values in one text. Each throws a UserError that names the option. */

export const parseList = (option: string, text: string): string[] => {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new UserError(`--${option} '${text}' has an empty entry; write a,b,c`);
  return items;
};

export const parseNumbers = (option: string, text: string): number[] =>
  parseList(option, text).map((item) => {
    const value = Number(item);
    if (!Number.isFinite(value)) throw new UserError(`--${option} '${text}': '${item}' is not a number`);
    return value;
  });

/** `5` means the seeds 1 to 5; `1,2,7` means these; `7,` means 7 alone. */
export function parseSeeds(text: string): number[] {
  if (text.includes(',')) return parseNumbers('seeds', text.replace(/,\s*$/, ''));
  const [count] = parseNumbers('seeds', text) as [number];
  if (!Number.isInteger(count) || count < 1 || count > 10_000)
    throw new UserError(
      `--seeds '${text}' must be a number of seeds from 1 to 10000, or a list of seeds like 1,2,7`,
    );
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Rules by name, with what `--set rule.name=value` says of their options and settings attached. */
export function parseRules(names: string, settings: readonly string[]): ExperimentInput['rules'] {
  const rules = parseList('rules', names).map((name) => ({ name, options: {} as Record<string, unknown> }));
  for (const setting of settings) {
    const match = /^([^.=]+)\.([^.=]+)=(.*)$/.exec(setting);
    if (!match) throw new UserError(`--set '${setting}' must have the form rule.option=value`);
    const [, name, option, value] = match;
    const rule = rules.find((choice) => choice.name === name);
    if (!rule) throw new UserError(`--set '${setting}': the rule '${name}' is not among --rules ${names}`);
    rule.options[option!] = value;
  }
  return rules;
}

/** Only for a person at a terminal: what is read by a program or kept in a file stays plain. */
export const useColour = (): boolean => pc.isColorSupported && process.stdout.isTTY === true;
