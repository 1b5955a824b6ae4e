import pc from 'picocolors';
import { scoreOf } from '../comparison-document.ts';
import { numberText } from '../number-text.ts';
import { type Column, grid } from '../table-grid.ts';
import { countOf, MISSING } from '../table-words.ts';
import { deviceName } from './axes.ts';
import type { Explanation } from './explain.ts';
import type { PivotCell } from './pivot.ts';
import type { TableRun } from './table-runs.ts';

/** The runs behind a cell, its numbers, and whether they agree with comparison.json. */
export function explanationText({ cell, disagreements }: Explanation): string {
  const { row, column, runs, measure } = cell;
  const labels = [...row.values, ...column.values].map(({ label }) => label);
  const from = `${countOf(runs.length, 'run folder')} (metrics.jsonl, status.json)`;
  const verdict =
    disagreements.length === 0
      ? 'comparison.json agrees.'
      : `comparison.json does not agree:\n${disagreements.map((text) => `  ${text}`).join('\n')}`;
  return `${labels.join(', ')}: ${measure.name}\n\n${runsTable(cell)}\n\nRecomputed from ${from}: ${numbersText(cell)}.\n${verdict}\n`;
}

function runsTable({ runs, measure }: PivotCell): string {
  const column = (heading: string, of: (run: TableRun) => string): Column => ({
    align: 'left',
    cells: [heading, ...runs.map(of)],
  });
  const isScore = ['score', 'best'].includes(measure.name);
  return grid(
    [
      column('Seed', ({ run }) => String(run.seed)),
      column('Status', ({ run }) => run.status),
      ...(isScore ? [] : [column(measure.name, (run) => String(measure.of(run) ?? MISSING))]),
      column('Last score', ({ run, experiment }) => exact(scoreOf(run, experiment).last)),
      column('Best score', ({ run, experiment }) => exact(scoreOf(run, experiment).best)),
      column('Epochs', ({ run }) => String(run.epochs.length)),
      column('States hash', ({ run }) => run.statesHash?.slice(0, 12) ?? MISSING),
      column('Device', ({ run }) => deviceName(run.device)),
      column('Folder', ({ run }) => run.folder),
    ],
    pc.createColors(false),
  );
}

const exact = (value: number | null): string => (value === null ? MISSING : String(value));

function numbersText({ measure, spread, texts, runs }: PivotCell): string {
  if (measure.kind === 'text') return texts.join('; ') || 'not known';
  const { n, mean, sd, ci95 } = spread;
  if (mean === null) return `no value that counts in ${countOf(runs.length, 'run')}`;
  const { digits } = runs[0]!.experiment.score;
  const write = (value: number) => numberText(value, measure.style, digits);
  const spreadText =
    sd === null
      ? ''
      : `, sd ${numberText(sd, measure.style === 'signed score' ? 'score' : measure.style, digits)}`;
  const interval = ci95 === null ? '' : `, 95 % interval [${ci95.map(write).join(', ')}]`;
  return `n = ${n} of ${runs.length}, mean ${write(mean)}${spreadText}${interval}`;
}
