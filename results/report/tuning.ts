import type { ComparisonDocument } from '../comparison.schema.ts';
import { tuningLines, valuesText } from '../table-tuning.ts';
import { labelOf, MISSING } from '../table-words.ts';
import type { Trial, TrialOutcome } from '../tuning.schema.ts';
import { type Html, html } from './html.ts';
import { type Column, tableOf } from './table.ts';

/** How values of the conditions were chosen: in words, and all trials; null where they were not. */
export function tuning(document: ComparisonDocument): Html | null {
  const { tuning: record, conditions, experiment } = document;
  if (!record) return null;
  const lines = tuningLines(document).map(({ text }) => html`<li>${text}</li>\n`);
  const { digits } = experiment.score;
  const tables = record.conditions.map(({ condition, trials, chosen }) => {
    const label = labelOf(conditions, condition);
    const columns: Column<Trial>[] = [
      { heading: 'Trial', as: 'number', cell: ({ trial }) => trial },
      { heading: 'Values', as: 'text', cell: valuesText },
      ...record.rungs.map(
        (_, rung): Column<Trial> => ({
          heading: html`Rung ${rung + 1}<small>validation score</small>`,
          as: 'number',
          cell: ({ outcomes }) => outcomeText(outcomes[rung], digits),
        }),
      ),
      { heading: 'Chosen', as: 'text', cell: ({ trial }) => (trial === chosen ? 'chosen' : '') },
    ];
    return tableOf(`Trials of ${label}`, columns, trials);
  });
  return html`<ul>
${lines}</ul>
<details><summary>All trials</summary>
${tables}</details>
`;
}

const outcomeText = (outcome: TrialOutcome | undefined, digits: number): string => {
  if (outcome === undefined) return MISSING;
  return outcome.score === null ? outcome.status : outcome.score.toFixed(digits);
};
