import type { ComparedRun, ComparisonDocument, ExperimentRecord } from './comparison.schema.ts';
import { thousands } from './table-words.ts';

/** What guards have found: of the dataset, and of each condition, layer by layer. */
export const guardNotes = ({ experiment, conditions, runs }: ComparisonDocument): string[] => [
  ...overlapNotes(experiment),
  ...conditions.flatMap(({ id, label }) =>
    notesOf(runs.filter(({ condition }) => condition === id)).map((note) => `${label}: ${note}`),
  ),
];

/** The sentence of the first run, and the seeds of all that have it of the same layer. */
function notesOf(runs: readonly ComparedRun[]): string[] {
  const notes = new Map<string, { sentence: string; seeds: number[] }>();
  for (const { seed, guards = [] } of runs)
    for (const { guard, layer, sentence } of guards) {
      const key = [guard, layer].join(' ');
      const known = notes.get(key);
      if (known) known.seeds.push(seed);
      else notes.set(key, { sentence, seeds: [seed] });
    }
  return [...notes.values()].map(({ sentence, seeds: [first, ...others] }) => {
    const alike =
      others.length === 0
        ? ''
        : `, and alike with ${others.length === 1 ? 'seed' : 'seeds'} ${others.join(', ')}`;
    return `${sentence} (seed ${first}${alike})`;
  });
}

/** Of fewer, no score changes by a tenth of a per cent. */
const LEAST_OVERLAP = 0.001;

function overlapNotes({ overlap, testExamples }: ExperimentRecord): string[] {
  if (!overlap || overlap.count < LEAST_OVERLAP * testExamples) return [];
  const { count, first } = overlap;
  const share = ((100 * count) / testExamples).toFixed(1);
  const examples = first.map(({ test, train }) => `test image ${test} is training image ${train}`);
  const some = first.length < count ? ', ...' : '';
  return [
    `${thousands(count)} of the ${thousands(testExamples)} test images (${share} %) are training images too (${examples.join(', ')}${some})`,
  ];
}
