import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { type PivotCell, type PivotOptions, pivotRuns } from '../../results/pivot/pivot.ts';
import type { TableRun } from '../../results/pivot/table-runs.ts';
import type { Condition } from '../../training/index.ts';
import { condition, run } from './example.ts';
import { tableRuns } from './table-runs.ts';

const wide = (rule: string, width: number): Condition => ({
  ...condition(rule, { layers: [784, width, 10] }, `${rule}-${width}`),
  label: `${rule} layers=784,${width},10`,
});
const grid = ['backprop', 'shallow'].flatMap((rule) => [50, 100].map((width) => wide(rule, width)));
/** Errors of seeds 1 and 2: 1 and 3 for the first condition, 2 and 4 for the second, and so on. */
const gridRuns = grid.flatMap(({ id, rule }, i) =>
  [1, 2].map((seed) => run(rule, seed, [9, i + 2 * seed - 1], { condition: id })),
);

const cellsOf = (runs: readonly TableRun[], options: PivotOptions): (PivotCell | null)[][] =>
  pivotRuns(runs, options).cells.map((row) => [...row]);
const mean = (cell: PivotCell | null): number | null => (cell === null ? null : cell.spread.mean);

/** It throws a UserError whose sentence has a text in it. */
const refused = (act: () => unknown, sentence: string | RegExp): void =>
  assert.throws(act, (error: Error) => {
    assert.instance(error, UserError);
    assert.match(error.message, sentence);
    return true;
  });

test('rows and columns are axes of the runs, in the order of the experiment', () => {
  const table = pivotRuns(tableRuns(grid, gridRuns), { rows: ['rule'], columns: ['layers'] });
  assert.equal(
    table.rows.map(({ values }) => values.map(({ label }) => label)),
    [['backprop'], ['shallow']],
  );
  assert.equal(
    table.columns.map(({ values }) => values.map(({ label }) => label)),
    [['784-50-10'], ['784-100-10']],
  );
  assert.equal(
    table.cells.map((row) => row.map(mean)),
    [
      [2, 3],
      [4, 5],
    ],
  );
  assert.is(table.cells[0]![0]!.spread.sd, Math.SQRT2);
  assert.equal(
    table.cells[1]![0]!.runs.map((one) => [one.condition.id, one.run.seed]),
    [
      ['shallow-50', 1],
      ['shallow-50', 2],
    ],
  );
});

test('a seed is an axis, and so are several axes together', () => {
  const cells = cellsOf(tableRuns(grid, gridRuns), { rows: ['rule', 'layers'], columns: ['seed'] });
  assert.equal(
    cells.map((row) => row.map(mean)),
    [
      [1, 3],
      [2, 4],
      [3, 5],
      [4, 6],
    ],
  );
});

test('measures stand along the columns, or the rows where they are named there', () => {
  const runs = tableRuns(grid, gridRuns);
  const below = pivotRuns(runs, { measures: ['score', 'best', 'examples'] });
  assert.equal(below.cells[3]!.map(mean), [5, 5, 16000]);
  const across = pivotRuns(runs, {
    rows: ['rule', 'measure'],
    columns: ['layers'],
    measures: ['score', 'examples'],
  });
  assert.equal(
    across.rows.map(({ values, measure }) => [values[0]!.label, measure!.name]),
    [
      ['backprop', 'score'],
      ['backprop', 'examples'],
      ['shallow', 'score'],
      ['shallow', 'examples'],
    ],
  );
  assert.equal(across.cells[1]!.map(mean), [16000, 16000]);
});

test('differences are those of runs of the same seed', () => {
  const errors = [
    [5, 6.5],
    [7, 8],
  ];
  const runs = errors.flatMap(([one, other], i) => [
    run('backprop', i + 1, [one!]),
    run('shallow', i + 1, [other!]),
  ]);
  const [reference, other] = cellsOf(tableRuns([condition('backprop'), condition('shallow')], runs), {
    measures: ['difference'],
  });
  assert.is(mean(reference![0]!), null);
  assert.is(mean(other![0]!), 1.25);
  assert.ok(Math.abs(other![0]!.spread.sd! - 0.5 / Math.SQRT2) < 1e-12);
});

test('costs are those of a whole training, and null where nothing is recorded', () => {
  const settled = run('backprop', 1, [9, 5], { stateBytes: 1_600_000 });
  settled.epochs[1] = { ...settled.epochs[1]!, settlingSteps: 384_000 };
  const measures = [
    ...['examples', 'settling-steps', 'multiply-accumulates', 'state-bytes', 'seconds'],
    ...['examples-per-second', 'epochs', 'device'],
  ];
  const [cells] = cellsOf(tableRuns([condition('backprop')], [settled]), { measures });
  assert.equal(cells!.slice(0, 7).map(mean), [16000, 384_000, 12e9, 1_600_000, 4, 4000, 2]);
  assert.equal(cells![7]!.texts, ['cpu wasm-simd, OpenBLAS 0.3.21']);
  const [unknown] = cellsOf(tableRuns([condition('backprop')], [run('backprop', 1, [5])]), { measures });
  assert.equal([mean(unknown![1]!), mean(unknown![3]!)], [null, null]);
});

test('runs that diverged, failed or did not end are counted and not averaged', () => {
  const runs = [
    run('backprop', 1, [5]),
    run('backprop', 2, [50], { status: 'diverged' }),
    run('backprop', 3, [50], { status: 'failed' }),
    run('backprop', 4, [50], { status: 'unfinished' }),
  ];
  const [[cell]] = cellsOf(tableRuns([condition('backprop')], runs, { seeds: [1, 2, 3, 4] }), {
    measures: ['score'],
  }) as [[PivotCell]];
  assert.equal([cell.spread.n, cell.spread.mean], [1, 5]);
  assert.equal([cell.diverged, cell.failed, cell.unfinished], [1, 1, 1]);
  assert.is(cell.runs.length, 4);
});

test('a score of validation examples alone is theirs', () => {
  const one = run('backprop', 1, [5]);
  one.epochs[0] = { ...one.epochs[0]!, testScore: null, validationScore: 4 };
  const [[cell]] = cellsOf(
    tableRuns([condition('backprop')], [one], { validation: 100, scored: 'validation' }),
    { measures: ['score'] },
  ) as [[PivotCell]];
  assert.is(cell.spread.mean, 4);
});

test('a cell that would mix conditions is refused, and names what they differ in', () => {
  const runs = tableRuns(grid, gridRuns);
  refused(
    () => pivotRuns(runs, { rows: ['rule'] }),
    'the cell backprop would mix runs that differ in layers (784-50-10 and 784-100-10); put layers into --rows or --columns',
  );
  const options = { ...condition('backprop'), options: { beta: 0.1 } };
  const other = { ...condition('backprop', { batch: 10 }, 'other'), recipe: 'x', options: { beta: 0.2 } };
  const mixed = tableRuns(
    [options, other],
    [run('backprop', 1, [5]), run('backprop', 1, [5], { condition: 'other' })],
  );
  refused(
    () => pivotRuns(mixed, { rows: ['rule'] }),
    'differ in recipe (none and x), batch (100 and 10), beta (0.1 and 0.2); put recipe or condition into',
  );
  assert.not.throws(() => pivotRuns(mixed, { rows: ['beta'], columns: ['batch', 'recipe'] }));
});

test('several comparisons are one table: more seeds of a condition, and more conditions', () => {
  const one = tableRuns([condition('backprop')], [run('backprop', 1, [5])]);
  const other = tableRuns(
    [condition('backprop'), condition('shallow')],
    [run('backprop', 2, [7]), run('shallow', 2, [9])],
    { comparison: 'runs/b' },
  );
  assert.equal(
    cellsOf([...one, ...other], { measures: ['score'] }).map(([cell]) => [mean(cell!), cell!.spread.n]),
    [
      [6, 2],
      [9, 1],
    ],
  );
  const again = tableRuns([condition('backprop')], [run('backprop', 1, [6])], { comparison: 'runs/b' });
  refused(
    () => pivotRuns([...one, ...again], {}),
    'the cell backprop would count seed 1 twice, from runs/a and runs/b; put folder into --rows or --columns',
  );
  assert.equal(
    cellsOf([...one, ...again], { columns: ['folder'] }).map((row) => row.map(mean)),
    [[5, 6]],
  );
});

test('what cannot be compared is refused, unless it is an axis', () => {
  const one = tableRuns([condition('backprop')], [run('backprop', 1, [5])]);
  const on = (changes: Parameters<typeof tableRuns>[2]) => [
    ...one,
    ...tableRuns([condition('backprop')], [run('backprop', 1, [6])], { comparison: 'runs/b', ...changes }),
  ];
  refused(
    () => pivotRuns(on({ dataset: 'mnist-full' }), {}),
    'runs/a and runs/b differ in their dataset (mnist and mnist-full), so their scores do not belong into one table; put dataset into',
  );
  assert.not.throws(() => pivotRuns(on({ dataset: 'mnist-full' }), { columns: ['dataset'] }));
  refused(() => pivotRuns(on({ task: 'reconstruct' }), {}), 'differ in their task');
  assert.not.throws(() => pivotRuns(on({ task: 'reconstruct' }), { columns: ['task'] }));
  refused(
    () => pivotRuns(on({ validation: 100 }), { columns: ['folder'] }),
    'in their validation (0 and 100)',
  );
  refused(
    () => pivotRuns(on({ hash: '1'.repeat(64) }), { columns: ['folder', 'dataset'] }),
    'the dataset mnist has other content in runs/b than in runs/a',
  );
  refused(
    () => pivotRuns(on({ scored: 'validation', validation: 9 }), { columns: ['validation'] }),
    'is scored on validation examples and the other on test examples',
  );
});

test('unknown and repeated axes and unknown measures are refused', () => {
  const runs = tableRuns(grid, gridRuns);
  refused(() => pivotRuns(runs, { rows: ['layer'] }), "there is no axis 'layer'; did you mean 'layers'?");
  refused(() => pivotRuns(runs, { rows: ['xyzzy'] }), /there are condition, seed, .*measure, the settings/);
  refused(() => pivotRuns(runs, { rows: ['rule'], columns: ['rule'] }), "the axis 'rule' is named twice");
  refused(() => pivotRuns(runs, { measures: ['scor'] }), "did you mean 'score'?");
  refused(() => pivotRuns(runs, { measures: ['xyzzy'] }), /there are score, best, validation/);
  assert.not.throws(() => pivotRuns(runs, { columns: ['learning-rate'] }));
});

test.run();
