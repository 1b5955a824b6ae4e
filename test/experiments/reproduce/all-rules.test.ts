import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ALL_RULES,
  type AllRulesRecord,
  allRulesPage,
  expectedFigure,
  readAllRules,
  recordAllRules,
} from '../../../experiments/reproduce/all-rules.ts';
import { checkTables, writeTables } from '../../../experiments/reproduce/tables.ts';
import { UserError } from '../../../kernels/index.ts';
import type { ReadComparison } from '../../../results/index.ts';
import { condition, experiment, run } from '../../results/example.ts';
import { comparisonOf } from '../../results/report/example.ts';

const RULES = ['backprop', 'feedback-alignment', 'shallow'];
const ERRORS: Readonly<Record<string, readonly number[]>> = {
  backprop: [2.25, 2.5],
  'feedback-alignment': [2.0, 2.25],
  shallow: [8, 9],
};

/** A comparison of three rules with two seeds each. */
function compared(git = { commit: 'abcdef0123456789', dirty: false }): ReadComparison {
  const runs = RULES.flatMap((rule) => [1, 2].map((seed) => run(rule, seed, [9, ERRORS[rule]![seed - 1]!])));
  const read = comparisonOf(runs, {
    experiment: {
      ...experiment,
      seeds: [1, 2],
      contrasts: RULES.slice(1).map((rule) => ({ condition: rule, to: 'backprop' })),
    },
    conditions: RULES.map((rule) => condition(rule)),
  });
  return { ...read, runs: read.runs.map((one) => ({ ...one, provenance: { ...one.provenance, git } })) };
}

const test = suite<{ folder: string }>('all rules');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-all-rules-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const save = (folder: string, record: AllRulesRecord): void =>
  writeFileSync(join(folder, `${ALL_RULES}.json`), JSON.stringify(record));

test('the page has every rule, the best first, with its difference to backprop', ({ folder }) => {
  save(folder, recordAllRules(compared()));
  const page = allRulesPage(readAllRules(folder)!);
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ['))
    .slice(0, 3);
  assert.match(rows[0]!, /^\| \[feedback-alignment\]\(.*\) \| 2\.13 ± 0\.18 \[.*\] \| 2 of 2 \| -0\.25 \[/);
  assert.match(rows[1]!, /^\| \[backprop\]\(.*\) \| 2\.38 ± 0\.18 \[.*\] \| 2 of 2 \| – \| – \|/);
  assert.match(rows[2]!, /^\| \[shallow\]\(.*\) \| 8\.50 ± 0\.71 /);
  assert.match(page, 'Commit abcdef0;');
});

test('statistics are those of the runs, whatever the record says of them', ({ folder }) => {
  const record = recordAllRules(compared());
  const summary = record.document.summary.map((one) => ({ ...one, mean: 1.11 }));
  save(folder, { ...record, document: { ...record.document, summary } });
  const page = allRulesPage(readAllRules(folder)!);
  assert.not.match(page, '1.11');
  assert.match(page, '2.38 ± 0.18');
});

test('a wrong digit in the page is found', async ({ folder }) => {
  save(folder, recordAllRules(compared()));
  await writeTables([], folder);
  await checkTables([], folder);
  const file = join(folder, `${ALL_RULES}.md`);
  writeFileSync(file, readFileSync(file, 'utf8').replace('2.38 ± 0.18', '2.37 ± 0.18'));
  const error = await checkTables([], folder).then(
    () => null,
    (one: unknown) => one,
  );
  assert.instance(error, UserError);
  assert.match((error as Error).message, /all-rules\.md is not what the records give, line \d+/);
});

test('what is to be expected of a rule is a sentence', ({ folder }) => {
  assert.is(readAllRules(folder), null);
  save(folder, recordAllRules(compared()));
  const record = readAllRules(folder)!;
  assert.match(expectedFigure(record, 'backprop')!, /test error 2\.38 ± 0\.18 \[.*\] %, 2 seeds/);
  assert.is(expectedFigure(record, 'pepita'), null);
});

test('runs of code that was not committed, or that have not ended, are not recorded', () => {
  const refused = (read: ReadComparison, pattern: RegExp): void =>
    assert.throws(
      () => recordAllRules(read),
      (error: Error) => error instanceof UserError && pattern.test(error.message),
    );
  refused(compared({ commit: 'abcdef0123456789', dirty: true }), /made by code that was not committed/);
  const read = compared();
  const summary = read.document.summary.map((one) => ({ ...one, unfinished: 1 }));
  refused({ ...read, document: { ...read.document, summary } }, /not all runs of 'backprop' have ended/);
});

test.run();
