import { createHash } from 'node:crypto';
import type { ReadComparison } from '../comparison-folder.ts';
import { comparedText, subtitleText } from '../figures/words.ts';
import { contextLines, warningLines } from '../table-context.ts';
import { countOf, labelOf } from '../table-words.ts';
import { baselinesTable } from './baselines-table.ts';
import { configuration } from './configuration.ts';
import { type Html, html, trusted } from './html.ts';
import { linkTo } from './links.ts';
import { provenance } from './provenance.ts';
import { missingRuns, type RunFolders, runTables } from './runs.ts';
import { contrastsTable, scoresTable } from './scores-table.ts';
import { STYLE } from './style.ts';
import { section } from './table.ts';
import { tuning } from './tuning.ts';
import { verdictSentences } from './verdict.ts';

/** What a report is made from. */
export interface ReportParts {
  readonly comparison: ReadComparison;
  /** Title of the experiment; null where it has none. */
  readonly title: string | null;
  /** The experiment file that repeats the comparison; null where it was not made from what such a file can say. */
  readonly experimentFile: string | null;
  /** See `reportFigures`. */
  readonly figures: readonly Html[];
  readonly folderOf: RunFolders;
}

/** Nothing is loaded from anywhere, nothing runs, and no style but ours applies. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A comparison as one HTML page that needs nothing else: the same comparison, the same text. */
export function reportPage(parts: ReportParts): string {
  const { document } = parts.comparison;
  const { conditions, experiment } = document;
  const title =
    parts.title ?? `${comparedText(conditions.map(({ label }) => label))} on ${experiment.dataset}`;
  const sections = sectionsOf(parts);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${subtitleText(document, experiment.seeds)}</p>
<nav aria-label="Parts of the report">${sections.map(({ id, heading }) => html`${linkTo(id, heading)} `)}</nav>
</header>
<main>
${verdictBox(parts)}${sections.map(({ id, heading, content }) => section(id, heading, content))}</main>
<footer>Made by Dendrite ${document.dendrite} from the records of the runs: the same records, the same report.</footer>
</body>
</html>
`;
  return page.markup;
}

/** The verdict in a sentence, and how far the comparison is where it has not ended. */
function verdictBox({ comparison: { document } }: ReportParts): Html {
  const { runs, conditions, experiment } = document;
  const total = conditions.length * experiment.seeds.length;
  const ended = runs.filter(({ status }) => status !== 'unfinished').length;
  const state =
    ended < total
      ? html`<p><strong>Not ended:</strong> ${ended} of ${countOf(total, 'run')} ended; see ${linkTo('missing', 'what is missing')}.</p>\n`
      : null;
  const sentences = verdictSentences(document).map((sentence) => html`<p>${sentence}</p>\n`);
  return html`<div class="verdict" role="note" aria-label="Verdict">
${state}${sentences}</div>
`;
}

interface Section {
  readonly id: string;
  readonly heading: string;
  readonly content: Html;
}

/** Those that have something to say. */
function sectionsOf({ comparison, experimentFile, figures, folderOf }: ReportParts): Section[] {
  const { document, experiment } = comparison;
  const all: readonly [id: string, heading: string, content: Html | null][] = [
    ['scores', 'Scores', html`${scoresTable(document)}${measuresText(comparison)}`],
    ['contrasts', 'Contrasts', contrastsTable(document)],
    ['baselines', 'Baselines', baselinesTable(document)],
    ['notes', 'Notes', notes(comparison)],
    ['missing', 'Runs that are missing', missingRuns(document)],
    ['figures', 'Figures', figures.length === 0 ? null : html`<div class="figures">\n${figures}</div>\n`],
    ['configuration', 'Configuration', html`${configuration(experiment)}${repeating(experimentFile)}`],
    ['tuning', 'Tuning', tuning(document)],
    ['provenance', 'Provenance', provenance(comparison)],
    ['runs', 'Runs', html`${runTables(document, folderOf)}`],
  ];
  return all.flatMap(([id, heading, content]) => (content === null ? [] : [{ id, heading, content }]));
}

function measuresText({ document }: ReadComparison): Html {
  const { text } = contextLines(document).find(({ label }) => label === 'Measures')!;
  return html`<p>Each number leads to the runs behind it. ${text[0]!.toUpperCase()}${text.slice(1)}.</p>\n`;
}

/** What must not be overlooked, and what runs have to say; null where that is nothing. */
function notes({ document }: ReadComparison): Html | null {
  const { conditions, runs } = document;
  const ofRuns = runs.flatMap(({ condition, notes = [] }) =>
    notes.map((note) => `${labelOf(conditions, condition)}: ${note}`),
  );
  const all = new Set([...warningLines(document).map(({ text }) => text), ...ofRuns]);
  if (all.size === 0) return null;
  return html`<div class="notes"><ul>
${[...all].map((note) => html`<li>${note}</li>\n`)}</ul></div>
`;
}

function repeating(file: string | null): Html {
  if (file === null)
    return html`<p>Made in code: <code>experiment.json</code> in the folder has what was asked for.</p>\n`;
  return html`<h3>To repeat it</h3>
<p>This experiment file, run with <code>dendrite run experiment.yaml</code>; a single run is repeated, and its bits compared, with <code>dendrite repeat</code> and its folder.</p>
<pre>${file}</pre>
`;
}
