import type { ComparedRun, ComparisonDocument, DeviceRecord } from '../comparison.schema.ts';
import { scoreOf } from '../comparison-document.ts';
import { countOf, labelOf, MISSING, rateText } from '../table-words.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { fileLink, runId, runsId } from './links.ts';
import { type Column, tableOf } from './table.ts';

/** The folder of a run by condition and seed, as a path from the page. */
export type RunFolders = (run: Pick<ComparedRun, 'condition' | 'seed'>) => string;

/** A table for each condition with the runs behind its numbers. */
export function runTables(document: ComparisonDocument, folderOf: RunFolders): Html[] {
  const columns = columnsOf(document, folderOf);
  return document.conditions.map(({ id, label }) => {
    const own = document.runs.filter(({ condition }) => condition === id);
    const table =
      own.length === 0 ? html`<p>${label}: no run has begun.</p>\n` : tableOf(label, columns, own, runId);
    return html`<div class="runs" id="${runsId(id)}">${table}</div>\n`;
  });
}

function columnsOf({ experiment }: ComparisonDocument, folderOf: RunFolders): Column<ComparedRun>[] {
  const { score } = experiment;
  const fixed = (value: number | null): string => (value === null ? MISSING : value.toFixed(score.digits));
  const number = (heading: HtmlPart, text: (run: ComparedRun) => string): Column<ComparedRun> => ({
    heading,
    as: 'number',
    cell: text,
  });
  return [
    number('Seed', ({ seed }) => String(seed)),
    { heading: 'Status', as: 'text', cell: ({ status }) => html`<span class="${status}">${status}</span>` },
    number(html`${score.label}, ${score.unit}<small>last epoch</small>`, (run) =>
      fixed(scoreOf(run, experiment).last),
    ),
    number(html`Best epoch<small>optimistic</small>`, (run) => fixed(scoreOf(run, experiment).best)),
    number('Epochs', ({ epochs }) => String(epochs.length)),
    number('Examples/s', ({ examplesPerSecond }) => rateText(examplesPerSecond)),
    { heading: 'Device', as: 'text', cell: ({ device }) => deviceName(device) },
    {
      heading: html`States<small>SHA-256</small>`,
      as: 'text',
      cell: ({ statesHash }) =>
        statesHash === undefined
          ? MISSING
          : html`<code title="${statesHash}">${statesHash.slice(0, 12)}</code>`,
    },
    {
      heading: 'Files',
      as: 'text',
      cell: (run) =>
        html`${fileLink(`${folderOf(run)}/`, folderOf(run))} ${fileLink(`${folderOf(run)}/metrics.jsonl`, 'metrics.jsonl')}`,
    },
  ];
}

const deviceName = (device: DeviceRecord | null): string =>
  device === null ? MISSING : [device.name, device.blas ?? device.backend].join(', ');

interface MissingRun {
  readonly condition: string;
  readonly seed: number;
  readonly run: ComparedRun | undefined;
}

/** Runs that are in no mean, each with its reason; null where there are none. */
export function missingRuns(document: ComparisonDocument): Html | null {
  const { conditions, experiment, runs } = document;
  const missing = conditions.flatMap(({ id }) =>
    experiment.seeds.flatMap((seed): MissingRun[] => {
      const run = runs.find((one) => one.condition === id && one.seed === seed);
      return run?.status === 'finished' ? [] : [{ condition: id, seed, run }];
    }),
  );
  if (missing.length === 0) return null;
  return tableOf(
    `${countOf(missing.length, 'run')} of ${conditions.length * experiment.seeds.length}, in no mean and no contrast`,
    [
      { heading: 'Condition', as: 'text', cell: ({ condition }) => labelOf(conditions, condition) },
      { heading: 'Seed', as: 'number', cell: ({ seed }) => seed },
      { heading: 'Status', as: 'text', cell: ({ run }) => statusOf(run) },
      { heading: 'Epochs', as: 'number', cell: ({ run }) => run?.epochs.length ?? 0 },
      { heading: 'Reason', as: 'text', cell: ({ run }) => reasonOf(run) },
    ],
    missing,
  );
}

const statusOf = (run: ComparedRun | undefined): HtmlPart =>
  run === undefined ? 'not begun' : html`<span class="${run.status}">${run.status}</span>`;

function reasonOf(run: ComparedRun | undefined): string {
  if (run === undefined || run.status === 'unfinished') return 'goes on, or was stopped: dendrite resume';
  return run.reason ?? 'no reason recorded';
}
