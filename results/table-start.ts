import type { Condition } from '../training/index.ts';
import type { ComparedRun, ComparisonDocument } from './comparison.schema.ts';
import { referenceCondition } from './comparison-document.ts';
import { type Line, valueText, wordsOf } from './table-words.ts';

/** What runs of one seed are held to have in common. */
type Hash = 'initialHash' | 'orderHash';

/**
 * Whether the runs of a seed truly began alike, by the hashes that they recorded: of each condition beside the reference. Empty
 * where there is nothing to compare.
 */
export function startLines({ conditions, runs }: ComparisonDocument): Line[] {
  const reference = referenceCondition(conditions);
  const known = runs.filter(({ initialHash }) => initialHash !== undefined);
  if (conditions.length < 2 || known.length === 0) return [];
  const others = conditions.filter((condition) => condition !== reference);
  return [
    { label: 'Start', text: 'the runs of a seed have the same initial weights and order of examples' },
    ...others.flatMap((condition) => {
      const parts = differencesOf(condition, reference, known);
      return parts.length === 0 ? [] : [{ label: '', text: `but ${condition.label}: ${parts.join('; ')}` }];
    }),
  ];
}

function differencesOf(condition: Condition, reference: Condition, runs: readonly ComparedRun[]): string[] {
  const pairs = pairsOf(condition, reference, runs);
  if (pairs.length === 0) return ['not known yet'];
  const differs = (hash: Hash): boolean => pairs.some(([own, other]) => own[hash] !== other[hash]);
  return [
    ...(differs('initialHash') ? [`weights of its own, ${reasonOf(condition, reference)}`] : []),
    ...(differs('orderHash') ? ['an order of its own, which none of its settings explains'] : []),
  ];
}

/** Runs of two conditions with one seed. */
const pairsOf = (
  { id }: Condition,
  reference: Condition,
  runs: readonly ComparedRun[],
): [own: ComparedRun, other: ComparedRun][] =>
  runs
    .filter((run) => run.condition === id)
    .flatMap((own) => {
      const other = runs.find((run) => run.condition === reference.id && run.seed === own.seed);
      return other ? [[own, other]] : [];
    });

/** What initial weights are drawn by, besides the seed. */
const DRAWN_BY = ['layers', 'initial'] as const;

function reasonOf({ settings }: Condition, reference: Condition): string {
  const differing = DRAWN_BY.flatMap((name) => {
    const [own, other] = [settings, reference.settings].map((all) => valueText(name, all[name]));
    return own === other ? [] : [`${wordsOf(name)} ${own}, not ${other}`];
  });
  return differing.length === 0 ? 'which its layers and `initial` do not explain' : differing.join(', ');
}
