import { countOf, type Line, thousands, wordsOf } from '../table-words.ts';
import { describingAxes, deviceName } from './axes.ts';
import { commonScore, isFull } from './grid.ts';
import type { PivotCell, PivotTable } from './pivot.ts';
import type { TableRun } from './table-runs.ts';

/** What a reader has to know of the numbers of a table: what they were measured on, how, and what is missing. */
export function aboutLines(table: PivotTable): Line[] {
  const { runs } = table;
  const all = (of: (run: TableRun) => string | null): string[] => [
    ...new Set(runs.map(of).filter((text) => text !== null)),
  ];
  const tasks = all(({ experiment }) => experiment.task);
  return [
    ...noteTexts(table).map((text) => ({ label: 'Note', text })),
    ...all(datasetText).map((text) => ({ label: 'Dataset', text })),
    ...(tasks.length === 1 && tasks[0] === 'classify' ? [] : [{ label: 'Task', text: tasks.join('; ') }]),
    { label: 'Seeds', text: seedsText(runs) },
    ...all(({ run: { device } }) =>
      device === null ? null : `${deviceName(device)} on ${device.hardware}`,
    ).map((text) => ({ label: 'Device', text })),
    { label: 'Version', text: `Dendrite ${all(({ dendrite }) => dendrite).join(', ')}` },
    { label: 'Measures', text: measuresText(table) },
    {
      label: 'Runs',
      text: `${all(({ comparison }) => comparison).join(', ')} (${countOf(runs.length, 'run')})`,
    },
  ];
}

function datasetText({
  experiment: { dataset, trainExamples, testExamples, validation, scored },
}: TableRun): string {
  const tested = scored ? '' : ` and ${thousands(testExamples)} test`;
  const aside = validation > 0 ? `, ${thousands(validation)} for validation` : '';
  return `${dataset}, ${thousands(trainExamples)} training${tested} examples${aside}`;
}

/** Those of all rows, whatever has which. */
const seedsText = (runs: readonly TableRun[]): string =>
  [...new Set(runs.map(({ run }) => run.seed))].sort((a, b) => a - b).join(', ');

function measuresText(table: PivotTable): string {
  const { measures, runs } = table;
  const scores = measures.filter(
    (measure) => measure.kind === 'number' && /score/.test(measure.style) && measure.name !== 'best',
  );
  const better = new Set(runs.map(({ experiment }) => experiment.score.better));
  const what = commonScore(table)?.label.toLowerCase() ?? 'scores';
  return [
    ...(scores.length > 0 ? [`${what} after the last epoch, ${[...better].join(' or ')} is better`] : []),
    ...(measures.some(({ name }) => name === 'best')
      ? ['the best score is that of the best epoch, chosen on the same examples, so it is optimistic']
      : []),
    `mean ± sd [95 % interval] over the finished runs${isFull(table) ? ` (n = ${runsInCell(table)})` : ''}`,
    ...(measures.some(({ name }) => name === 'difference')
      ? ['differences are of runs of the same seed']
      : []),
    ...(measures.some((measure) => measure.kind === 'number' && !/score/.test(measure.style))
      ? ['costs are means of a whole training, without evaluation']
      : []),
  ].join('; ');
}

const runsInCell = ({ cells }: PivotTable): number => cells.flat().find((cell) => cell !== null)!.runs.length;

function noteTexts(table: PivotTable): string[] {
  const { runs, cells } = table;
  const sets = new Map<string, PivotCell>();
  for (const cell of cells.flat()) if (cell) sets.set(namesOf(cell), cell);
  return [
    ...new Set([
      ...runs.flatMap(({ experiment: { note } }) => (note === undefined ? [] : [note])),
      ...otherSettings(table),
      ...[...sets.values()].flatMap(missingRuns),
      ...([...sets.values()].some(({ runs }) => runs.length === 1)
        ? ['one run has no spread and no interval: use several seeds before ranking rules']
        : []),
      ...runs.flatMap(({ run }) =>
        run.device?.fallbackReason ? [`the device fell back: ${run.device.fallbackReason}`] : [],
      ),
    ]),
  ];
}

const namesOf = ({ row, column }: PivotCell): string =>
  [...row.values, ...column.values].map(({ label }) => label).join(', ');

/** What a reader would take to be the same, since no row and no column names it. */
function otherSettings({ runs, rowAxes, columnAxes }: PivotTable): string[] {
  const named = [...rowAxes, ...columnAxes].map(({ name }) => name);
  const settings = Object.keys(runs[0]!.condition.settings).filter((name) => !named.includes(name));
  const differing = describingAxes(runs).filter(
    ({ name, of }) => settings.includes(name) && new Set(runs.map((run) => of(run).key)).size > 1,
  );
  if (differing.length === 0) return [];
  return [
    `not all of these runs were trained alike: they differ in ${differing.map(({ name }) => wordsOf(name)).join(', ')}`,
  ];
}

function missingRuns(cell: PivotCell): string[] {
  const counts = [
    [cell.diverged, 'diverged'],
    [cell.failed, 'failed'],
    [cell.unfinished, 'not finished'],
  ] as const;
  return counts
    .filter(([count]) => count > 0)
    .map(
      ([count, what]) =>
        `${namesOf(cell)}: ${count} of ${countOf(cell.runs.length, 'run')} ${what}, not in the mean`,
    );
}
