import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  formatPivot,
  type PivotDocument,
  type PivotFormat,
  pivotJsonSchema,
  type RunResult,
} from '../../results/index.ts';
import { type PivotOptions, pivotRuns } from '../../results/pivot/pivot.ts';
import type { Condition } from '../../training/index.ts';
import { condition, conditions, run } from './example.ts';
import { tableRuns } from './table-runs.ts';

const finished = [
  run('backprop', 1, [9, 5]),
  run('backprop', 2, [4, 6]),
  run('backprop', 3, [9, 7]),
  run('feedback-alignment', 1, [9, 6]),
  run('feedback-alignment', 2, [9, 8]),
  run('feedback-alignment', 3, [9, 10]),
];

function printed(
  format: PivotFormat,
  options: PivotOptions = {},
  {
    runs = finished,
    compared = conditions,
    width = 200,
  }: { runs?: readonly RunResult[]; compared?: readonly Condition[]; width?: number } = {},
): string {
  return formatPivot(pivotRuns(tableRuns(compared, runs), options), format, { width });
}

/** A label in which every format has something to escape. */
const hostile: Condition = { ...condition('backprop'), label: '=a|b_c & 50% $x$ "q", <i>#{~^\\}\n[l](u)' };
const onHostile = { compared: [hostile], runs: [run('backprop', 1, [5])] };

const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ');
const lineOf = (text: string, start: string) => text.split('\n').find((line) => line.startsWith(start)) ?? '';

test('text has a row a condition, with the numbers of runs', () => {
  const text = printed('text');
  // 5, 6, 7: half an interval is 4.3027 / √3 = 2.484.
  assert.is(squeezed(lineOf(text, 'backprop')), 'backprop 3 6.00 ± 1.00 [3.52, 8.48] – 4,000');
  assert.is(
    squeezed(lineOf(text, 'feedback-alignment')),
    'feedback-alignment 3 8.00 ± 2.00 [3.03, 12.97] +2.00 ± 1.00 [-0.48, +4.48] 4,000',
  );
  assert.is(
    squeezed(lineOf(text, 'Condition')),
    'Condition Runs Test error, % Difference to backprop Training examples/s',
  );
});

test('what the numbers mean stands below the text', () => {
  const text = printed('text');
  for (const line of [
    /^Note +Not comparable with published figures\.$/m,
    /^Dataset +mnist, 8,000 training and 2,000 test examples$/m,
    /^Seeds +1, 2, 3$/m,
    /^Device +cpu wasm-simd, OpenBLAS 0\.3\.21 on An example processor$/m,
    /^Version +Dendrite 1\.2\.3$/m,
    /^Measures +test error after the last epoch, lower is better; mean ± sd \[95 % interval\]/m,
    /^Runs +runs\/a \(6 runs\)$/m,
  ])
    assert.match(text, line);
});

test('a narrow text is broken below the means', () => {
  const text = printed('text', {}, { width: 80 });
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  const words = (text: string) =>
    text
      .split('\n\n')[0]!
      .split(/[\s─]+/)
      .filter((word) => word !== '')
      .sort();
  assert.equal(words(text), words(printed('text')));
});

test('cells say how many runs they have where they do not have the same', () => {
  const runs = [...finished.slice(0, 5), run('feedback-alignment', 3, [50], { status: 'diverged' })];
  const text = printed('text', { columns: ['batch'] }, { runs });
  assert.match(squeezed(lineOf(text, 'Condition')), /^Condition batch 100$/);
  assert.match(lineOf(text, 'backprop'), /\(n = 3\)$/);
  assert.match(lineOf(text, 'feedback-alignment'), /\(n = 2 of 3\)$/);
  assert.match(text, 'feedback-alignment, 100: 1 of 3 runs diverged, not in the mean');
  const whole = printed('text', { columns: ['batch'] });
  assert.match(lineOf(whole, 'feedback-alignment'), /\d\]$/);
  assert.match(whole, 'over the finished runs (n = 3)');
  const unpaired = printed(
    'text',
    {},
    { runs: [run('backprop', 1, [5], { status: 'failed' }), ...finished.slice(1)] },
  );
  assert.match(
    squeezed(lineOf(unpaired, 'feedback-alignment')),
    '3 8.00 ± 2.00 [3.03, 12.97] +2.50 ± 0.71 [-3.85, +8.85] (n = 2 of 3)',
  );
});

test('settings that differ and are no axis are told', () => {
  const compared = [condition('backprop'), condition('feedback-alignment', { batch: 10, epochs: 1 })];
  assert.match(
    printed('text', {}, { compared }),
    'not all of these runs were trained alike: they differ in epochs, batch',
  );
  assert.not.match(printed('text', { columns: ['batch', 'epochs'] }, { compared }), 'trained alike');
});

test('Markdown is a table whose cells stay cells', () => {
  const lines = printed('markdown', { measures: ['score', 'examples'] }).split('\n');
  assert.equal(lines.slice(0, 4), [
    '| Condition | Runs | Test error, % | Training examples |',
    '| --- | ---: | ---: | ---: |',
    '| backprop | 3 | 6.00 ± 1.00 [3.52, 8.48] | 16,000 |',
    '| feedback-alignment | 3 | 8.00 ± 2.00 [3.03, 12.97] | 16,000 |',
  ]);
  const [, , row] = printed('markdown', { measures: ['score'] }, onHostile).split('\n');
  assert.is(row, '| =a\\|b\\_c &amp; 50% $x$ "q", \\<i\\>#{\\~^\\\\} \\[l](u) | 1 | 5.00 |');
});

test('LaTeX has the rules of booktabs, and its special characters escaped', () => {
  const text = printed('latex', { measures: ['score', 'difference', 'multiply-accumulates'] });
  assert.match(text, /^% Dataset: mnist, 8,000 training and 2,000 test examples$/m);
  assert.match(text, /^% Seeds: 1, 2, 3$/m);
  assert.match(text, /^% Version: Dendrite 1\.2\.3$/m);
  assert.equal(text.slice(text.indexOf('\\begin')).split('\n'), [
    '\\begin{tabular}{lrrrr}',
    '  \\toprule',
    '  Condition & Runs & Test error, \\% & Difference to backprop & Multiply-accumulates \\\\',
    '  \\midrule',
    '  backprop & 3 & $6.00 \\pm 1.00$ [$3.52$, $8.48$] & -- & $1.20 \\times 10^{10}$ \\\\',
    '  feedback-alignment & 3 & $8.00 \\pm 2.00$ [$3.03$, $12.97$] & $+2.00 \\pm 1.00$ [$-0.48$, $+4.48$] & $1.20 \\times 10^{10}$ \\\\',
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ]);
  const row = lineOf(printed('latex', { measures: ['score'] }, onHostile), '  =a');
  assert.is(
    row,
    '  =a\\textbar{}b\\_c \\& 50\\% \\$x\\$ "q", \\textless{}i\\textgreater{}\\#\\{\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\} [l](u) & 1 & $5.00$ \\\\',
  );
});

test('a line break in a label does not end a comment of LaTeX', () => {
  const compared = [hostile, condition('shallow')];
  const runs = [run('backprop', 1, [5]), run('shallow', 1, [5], { status: 'diverged' })];
  const text = printed(
    'latex',
    { rows: ['condition'], columns: ['rule'], measures: ['score'] },
    { compared, runs },
  );
  for (const line of text.slice(0, text.indexOf('\\begin')).trim().split('\n')) assert.match(line, /^%/);
});

/** The fields of a CSV file as RFC 4180 has it. */
function parsed(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') rows.push([]);
  }
  assert.equal(rows.pop(), []);
  return rows;
}

test('CSV has one line a cell, with whole numbers', () => {
  const [head, ...rows] = parsed(printed('csv', { columns: ['layers'], measures: ['score', 'device'] }));
  const one = (row: string[]) => Object.fromEntries(row.map((field, i) => [head![i]!, field]));
  assert.is(rows.length, 4);
  const { ci95_low, ci95_high, bca95_low, bca95_high, ...rest } = one(rows[2]!);
  assert.equal(rest, {
    ...{ condition: 'feedback-alignment', layers: '784-500-10', measure: 'score', unit: '%', value: '' },
    ...{ runs: '3', n: '3', mean: '8', sd: '2', diverged: '0', failed: '0', unfinished: '0' },
  });
  assert.equal([bca95_low, bca95_high], ['', '']);
  assert.ok(Math.abs(Number(ci95_low) - 3.0317) < 1e-4 && Math.abs(Number(ci95_high) - 12.9683) < 1e-4);
  assert.equal(
    [one(rows[1]!).value, one(rows[1]!).n, one(rows[1]!).mean],
    ['cpu wasm-simd, OpenBLAS 0.3.21', '', ''],
  );
});

test('CSV keeps quotes, commas and line breaks, and texts are no formulas', () => {
  const evil = { ...condition('backprop', {}, 'x'), recipe: '=HYPERLINK("a","b")\r\nc' };
  const text = printed(
    'csv',
    { rows: ['recipe', 'learningRate'], measures: ['difference'] },
    { compared: [evil], runs: [run('backprop', 1, [5], { condition: 'x' })] },
  );
  assert.equal(parsed(text)[1]!.slice(0, 3), ['\'=HYPERLINK("a","b")\r\nc', '0.1', 'difference']);
  for (const start of ['+', '-', '@', '=', '\t'])
    assert.match(
      printed(
        'csv',
        { rows: ['recipe'] },
        { compared: [{ ...evil, recipe: `${start}a` }], runs: [run('backprop', 1, [5], { condition: 'x' })] },
      ),
      `\n'${start}a,`,
    );
});

test('CSV quotes a line break alone, and leaves negative numbers alone', () => {
  const odd = { ...condition('backprop', {}, 'x'), recipe: 'a\nb', options: { offset: -0.5 } };
  const fields = parsed(
    printed(
      'csv',
      { rows: ['recipe', 'offset'], measures: ['score'] },
      { compared: [odd], runs: [run('backprop', 1, [5], { condition: 'x' })] },
    ),
  );
  assert.equal(fields[1]!.slice(0, 2), ['a\nb', '-0.5']);
  const runs = [run('backprop', 1, [5]), run('feedback-alignment', 1, [3])];
  const [, , row] = parsed(printed('csv', { measures: ['difference'] }, { runs }));
  assert.ok(row!.includes('-2'), String(row));
});

test('JSON fits its schema, and each cell knows its runs', () => {
  const runs = [...finished.slice(0, 5), run('feedback-alignment', 3, [50], { status: 'failed' })];
  const document: PivotDocument = JSON.parse(
    printed('json', { columns: ['batch'], measures: ['score', 'device'] }, { runs }),
  );
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(pivotJsonSchema());
  assert.ok(validate(document), JSON.stringify(validate.errors));
  const cell = document.cells.find(({ row, measure }) => row === 1 && measure === 'score')!;
  assert.equal(document.rows[1], { axes: { condition: 'feedback-alignment' }, measure: null });
  assert.equal(document.columns[cell.column], { axes: { batch: '100' }, measure: 'score' });
  assert.equal([cell.n, cell.mean, cell.failed], [2, 7, 1]);
  assert.equal(
    cell.runs.map((one) => [one.seed, one.status, one.value, one.folder]),
    [
      [1, 'finished', 6, 'runs/example/feedback-alignment-1'],
      [2, 'finished', 8, 'runs/example/feedback-alignment-2'],
      [3, 'failed', 50, 'runs/example/feedback-alignment-3'],
    ],
  );
});

test('scores in several units have them in the cells', () => {
  const one = tableRuns([condition('backprop')], [run('backprop', 1, [5])]);
  const other = tableRuns([condition('backprop')], [run('backprop', 1, [0.01234])], {
    comparison: 'runs/b',
    task: 'reconstruct',
    score: { label: 'Test error', unit: 'squared error', better: 'lower', digits: 4 },
  });
  const text = formatPivot(pivotRuns([...one, ...other], { columns: ['task'] }), 'text', { width: 200 });
  assert.is(squeezed(lineOf(text, 'backprop')), 'backprop 5.00 % 0.0123 squared error');
});

test('large numbers and bytes are short', () => {
  const one = run('backprop', 1, [5], { stateBytes: 16_400_000 });
  const text = printed(
    'text',
    { measures: ['multiply-accumulates', 'state-bytes', 'seconds', 'best', 'validation'] },
    { runs: [one], compared: [condition('backprop')] },
  );
  assert.is(squeezed(lineOf(text, 'backprop')), 'backprop 1 6.00e9 16.4 MB 2 5.00 –');
  assert.is(
    squeezed(lineOf(text, 'Condition')),
    'Condition Runs Multiply-accumulates State Training, s Best test error, % Validation error, %',
  );
});

test.run();
