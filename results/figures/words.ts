import type { ComparedRun, ComparisonDocument } from '../comparison.schema.ts';
import { countOf, thousands } from '../table-words.ts';

type Experiment = ComparisonDocument['experiment'];

/** What stands below the title of a figure; of a comparison, or of a network that is looked at while it trains. */
export interface Described {
  readonly experiment: Pick<
    Experiment,
    'dataset' | 'trainExamples' | 'testExamples' | 'validation' | 'scored' | 'task'
  >;
  readonly conditions: readonly { readonly settings: { readonly layers: readonly number[] } }[];
}

/** What is scored, e.g. 'Test error'. */
export const scoreName = ({ score, scored }: Experiment): string =>
  scored ? `${score.label} on the validation examples` : score.label;

/** Label of an axis, e.g. 'Test error (%)'. */
export const withUnit = (label: string, unit: string): string => (unit === '' ? label : `${label} (${unit})`);

/** Up to so many labels stand in a title. */
const NAMED = 4;

/** The things that are compared, as the end of a title: 'a, b and c', or their number where they are many. */
export function comparedText(labels: readonly string[]): string {
  if (labels.length > NAMED) return `${labels.length} conditions`;
  return listText(labels);
}

/** 'a', 'a and b', 'a, b and c'. */
export const listText = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** Dataset, network and seeds: what stands below a title. @param seeds those that are shown */
export function subtitleText({ experiment, conditions }: Described, seeds: readonly number[]): string {
  const networks = [...new Set(conditions.map(({ settings }) => settings.layers.join('-')))];
  const network = networks.length === 1 ? networks[0]! : `networks ${listText(networks)}`;
  const tested = experiment.scored
    ? `${thousands(experiment.validation)} validation`
    : `${thousands(experiment.testExamples)} test`;
  return [
    `${experiment.dataset}, ${thousands(experiment.trainExamples)} training and ${tested} examples`,
    ...(experiment.task === 'classify' ? [] : [`task ${experiment.task}`]),
    network,
    seedsText(seeds),
  ].join(' · ');
}

/** 'test image 3 (class 7)'. @param place in the test set; null: it is none of its images */
export const imageText = (place: number | null, answer: number): string =>
  place === null ? `an image of class ${answer}` : `test image ${place} (class ${answer})`;

/** 'seed 3', 'seeds 1 to 5', 'seeds 1, 4 and 9'. */
export function seedsText(seeds: readonly number[]): string {
  const sorted = [...new Set(seeds)].sort((a, b) => a - b);
  if (sorted.length < 2) return `seed ${sorted[0] ?? '-'}`;
  const isRow = sorted.length > 2 && sorted.every((seed, i) => seed === sorted[0]! + i);
  return isRow ? `seeds ${sorted[0]} to ${sorted.at(-1)}` : `seeds ${listText(sorted.map(String))}`;
}

/** One sentence on runs that diverged, failed or go on, or '' where there are none. */
export function missingText({ runs, conditions, experiment }: ComparisonDocument): string {
  const parts = (['diverged', 'failed', 'unfinished'] as const).flatMap((status) => {
    const count = runs.filter((run) => run.status === status).length;
    const unbegun = conditions.length * experiment.seeds.length - runs.length;
    const all = status === 'unfinished' ? count + unbegun : count;
    return all === 0 ? [] : [`${countOf(all, 'run')} ${status}`];
  });
  return parts.length === 0 ? '' : `${listText(parts)}.`;
}

/** Those that are averaged over: runs that neither diverged nor failed. */
export const isCounted = ({ status }: ComparedRun): boolean =>
  status === 'finished' || status === 'unfinished';

/** Several sentences as one text. */
export const sentences = (...texts: readonly string[]): string =>
  texts.filter((text) => text !== '').join(' ');
