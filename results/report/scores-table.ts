import type { ComparisonDocument } from '../comparison.schema.ts';
import type { ContrastResult } from '../contrast.schema.ts';
import { contrastLines } from '../table-contrasts.ts';
import { intervalText, labelOf, MISSING, pText, rateText, runsText, signedText } from '../table-words.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { linkTo, runsId } from './links.ts';
import { type Column, tableOf } from './table.ts';

/** One row a condition: what it came to, each number a link to the runs behind it. */
export function scoresTable(document: ComparisonDocument): Html {
  const { summary, conditions, contrasts, experiment } = document;
  const { score, seeds, scored = 'test' } = experiment;
  const rows = summary.map((entry, i) => ({
    entry,
    label: conditions[i]!.label,
    contrasts: contrasts.filter(({ condition }) => condition === entry.condition),
  }));
  type Row = (typeof rows)[number];
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const spread = (mean: number | null, sd: number | null): string =>
    sd === null ? fixed(mean) : `${fixed(mean)} ± ${fixed(sd)}`;
  const number = (heading: HtmlPart, text: (entry: Row['entry']) => string): Column<Row> => ({
    heading,
    as: 'number',
    cell: ({ entry }) => linkTo(runsId(entry.condition), text(entry)),
  });
  const columns: Column<Row>[] = [
    { heading: 'Condition', as: 'text', cell: ({ entry, label }) => linkTo(runsId(entry.condition), label) },
    number('Runs', (entry) => runsText(entry, seeds.length)),
    number(html`${score.label}, ${score.unit}<small>mean ± sd, last epoch</small>`, ({ mean, sd }) =>
      spread(mean, sd),
    ),
    number('95 % interval', ({ ci95 }) => intervalText(ci95, fixed)),
    number(html`Best epoch<small>chosen by the ${scored} score: optimistic</small>`, ({ best }) =>
      spread(best.mean, best.sd),
    ),
    ...verdictColumns(document),
    number(html`Examples/s<small>training</small>`, ({ examplesPerSecond }) => rateText(examplesPerSecond)),
  ];
  return tableOf(`${score.label}, ${score.unit}, over seeds; ${score.better} is better`, columns, rows);
}

const onlyReference = ({ contrasts }: ComparisonDocument): string | null => {
  const references = [...new Set(contrasts.map(({ to }) => to))];
  return references.length === 1 ? references[0]! : null;
};

interface Judged {
  readonly contrasts: readonly ContrastResult[];
}

/** The difference and the verdict of each condition, where it is compared with another. */
function verdictColumns(document: ComparisonDocument): Column<Judged>[] {
  const { contrasts, conditions, experiment } = document;
  if (contrasts.length === 0) return [];
  const reference = onlyReference(document);
  const { digits } = experiment.score;
  const ofEach =
    (text: (contrast: ContrastResult) => HtmlPart) =>
    ({ contrasts: own }: Judged) =>
      own.length === 0
        ? MISSING
        : own.map((contrast) => html`<span class="line">${linkTo('contrasts', text(contrast))}</span>`);
  const to = reference === null ? null : html`<small>to ${labelOf(conditions, reference)}</small>`;
  return [
    {
      heading: html`Difference${to}`,
      as: 'number',
      cell: ofEach(({ mean, to: id }) =>
        reference === null
          ? `${signedText(mean, digits)} to ${labelOf(conditions, id)}`
          : signedText(mean, digits),
      ),
    },
    { heading: 'Verdict', as: 'text', cell: ofEach(verdictWord) },
  ];
}

/** In a word, with a sign that a reader sees who sees no colours. */
const verdictWord = ({ verdict }: ContrastResult): HtmlPart => {
  if (verdict === null) return 'none';
  if (verdict === 'not distinguishable') return verdict;
  return html`<span class="${verdict}">${verdict}</span>`;
};

/** One row a declared contrast, with its tests; null where there are none. */
export function contrastsTable(document: ComparisonDocument): Html | null {
  const { contrasts, experiment } = document;
  if (contrasts.length === 0) return null;
  const { digits } = experiment.score;
  const signed = (value: number | null): string => signedText(value, digits);
  const number = (heading: HtmlPart, text: (one: ContrastResult) => string): Column<ContrastResult> => ({
    heading,
    as: 'number',
    cell: text,
  });
  const isSome = (test: (contrast: ContrastResult) => unknown): boolean => contrasts.some(test);
  const [text] = contrastLines(document);
  return tableOf(
    `${text!.text[0]!.toUpperCase()}${text!.text.slice(1)}.`,
    [
      namesColumn(document),
      { heading: 'Verdict', as: 'text', cell: verdictWord },
      number('Seeds', ({ n }) => String(n)),
      number('Mean', ({ mean }) => signed(mean)),
      number('95 % interval', ({ ci95 }) => intervalText(ci95, signed)),
      ...(isSome(({ bca95 }) => bca95)
        ? [
            number(html`95 % interval<small>BCa bootstrap</small>`, ({ bca95 }) =>
              intervalText(bca95, signed),
            ),
          ]
        : []),
      number(html`d<sub>z</sub>`, ({ dz }) => (dz === null ? MISSING : signedText(dz, 2))),
      number('p', ({ p }) => pCell(p)),
      ...(contrasts.length > 1 ? [number('p (Holm)', ({ pHolm }) => pCell(pHolm))] : []),
      number(html`p (Holm)<small>permutation test</small>`, ({ permutation }) =>
        pCell(permutation?.pHolm ?? null),
      ),
      number(html`Detectable<small>with a power of 80 %</small>`, ({ detectable }) =>
        detectable === null ? MISSING : detectable.toFixed(digits),
      ),
      ...(isSome(({ equivalence }) => equivalence) ? equivalenceColumns(signed) : []),
    ],
    contrasts,
  );
}

/** What is compared; with what, stands in the heading where it is always the same. */
function namesColumn(document: ComparisonDocument): Column<ContrastResult> {
  const { conditions } = document;
  const linked = (id: string): Html => linkTo(runsId(id), labelOf(conditions, id));
  const reference = onlyReference(document);
  if (reference !== null)
    return {
      heading: html`Difference<small>to ${labelOf(conditions, reference)}</small>`,
      as: 'text',
      cell: ({ condition }) => linked(condition),
    };
  const cell = ({ condition, to }: ContrastResult) => html`${linked(condition)} to ${linked(to)}`;
  return { heading: 'Difference', as: 'text', cell };
}

/** A p that is not broken into two lines. */
const pCell = (p: number | null): string => pText(p).replace(' ', '\u00a0');

const equivalenceColumns = (signed: (value: number) => string): Column<ContrastResult>[] => [
  {
    heading: '90 % interval',
    as: 'number',
    cell: ({ equivalence }) => intervalText(equivalence?.ci90 ?? null, signed),
  },
  {
    heading: html`Equivalent<small>two one-sided tests</small>`,
    as: 'text',
    cell: ({ equivalence }) =>
      equivalence === undefined || equivalence.isShown === null
        ? MISSING
        : `${equivalence.isShown ? 'yes, within' : 'not shown to be within'} ±${equivalence.margin} (p = ${pCell(equivalence.pHolm)})`,
  },
];
