import type { ComparisonPage } from '../../cli/serve/api.ts';
import { valueText, wordsOf } from '../../results/browser.ts';
import type { View } from './view.ts';

type Document = ComparisonPage['document'];
export type Condition = Document['conditions'][number];
export type Run = Document['runs'][number];

/** What runs are grouped and filtered by. */
export interface Axis {
  readonly name: string;
  readonly label: string;
  /** In the order of the conditions. A value is known by its text. */
  readonly values: readonly string[];
  of(condition: Condition, seed: number): string;
}

/** Axes along which the runs of comparisons differ. The condition and the seed are always among them. */
export function axesOf(documents: readonly Document[]): Axis[] {
  const conditions = documents.flatMap((document) => document.conditions);
  const seeds = [...new Set(documents.flatMap(({ experiment }) => experiment.seeds))];
  const axis = (name: string, label: string, of: (condition: Condition) => string): Axis => ({
    ...{ name, label, of },
    values: [...new Set(conditions.map(of))],
  });
  const settings = Object.keys(conditions[0]?.settings ?? {}) as (keyof Condition['settings'])[];
  const options = [...new Set(conditions.flatMap((condition) => Object.keys(condition.options)))];
  const others = [
    axis('rule', 'Rule', ({ rule }) => rule),
    axis('recipe', 'Recipe', ({ recipe }) => recipe ?? 'none'),
    ...settings.map((name) =>
      axis(name, capital(wordsOf(name)), (condition) => valueText(name, condition.settings[name])),
    ),
    ...options.map((name) =>
      axis(`option ${name}`, `Option ${name}`, (condition) =>
        Object.hasOwn(condition.options, name) ? valueText(name, condition.options[name]) : 'none',
      ),
    ),
  ];
  return [
    axis('condition', 'Condition', ({ label }) => label),
    ...others.filter(({ values }) => values.length > 1),
    { name: 'seed', label: 'Seed', values: seeds.map(String), of: (_, seed) => String(seed) },
  ];
}

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

/** So many lines can be told apart, by colour and dash. */
export const MOST_LINES = 24;
/** With so many a reader sees each at a glance. */
const FEW_LINES = 12;

/** The axis that is asked for; or else the condition, or the first that gives fewer lines where there are many conditions. */
export function groupingOf(axes: readonly Axis[], by: string | null): Axis {
  const asked = axes.find(({ name }) => name === by);
  if (asked) return asked;
  const [condition, ...others] = axes;
  if (condition!.values.length <= FEW_LINES) return condition!;
  return others.find(({ values }) => values.length <= MOST_LINES) ?? condition!;
}

/** The part of a comparison that filters leave. */
export interface Filtered {
  readonly conditions: readonly Condition[];
  readonly runs: readonly Run[];
}

/** What is shown of a comparison. A condition is, if one of its runs could be. */
export function filtered(
  document: Document,
  axes: readonly Axis[],
  { text, status, axes: chosen }: View,
): Filtered {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const limits = axes.flatMap((axis) => {
    const values = chosen[axis.name];
    return values === undefined ? [] : [{ axis, values: new Set(values) }];
  });
  const isNamed = ({ id, label, rule }: Condition): boolean => {
    const name = `${id} ${label} ${rule}`.toLowerCase();
    return words.every((word) => name.includes(word));
  };
  const isWithin = (condition: Condition, seed: number): boolean =>
    limits.every(({ axis, values }) => values.has(axis.of(condition, seed)));
  const { seeds } = document.experiment;
  const named = document.conditions.filter(
    (condition) => isNamed(condition) && seeds.some((seed) => isWithin(condition, seed)),
  );
  const byId = new Map(named.map((condition) => [condition.id, condition]));
  const runs = document.runs.filter((run) => {
    const condition = byId.get(run.condition);
    return (
      condition !== undefined &&
      isWithin(condition, run.seed) &&
      (status.length === 0 || status.includes(run.status))
    );
  });
  if (status.length === 0) return { conditions: named, runs };
  const left = new Set(runs.map(({ condition }) => condition));
  return { conditions: named.filter(({ id }) => left.has(id)), runs };
}
