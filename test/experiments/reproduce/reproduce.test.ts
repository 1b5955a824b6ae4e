import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Part, paperNames, readCatalogue, readPaper } from '../../../experiments/reproduce/catalogue.ts';
import {
  type RunRecord,
  readRecords,
  specHash,
  writeRecords,
} from '../../../experiments/reproduce/records.ts';
import { chooseParts, missingSeeds } from '../../../experiments/reproduce/reproduce.ts';
import { checkTables, TABLES, writeTables } from '../../../experiments/reproduce/tables.ts';
import { reproduceRows } from '../../../experiments/reproduce/verdict.ts';
import { UserError } from '../../../kernels/index.ts';

const PAPER = `
title: Two rules
source: Nobody 1999, table 1
notes: [nothing]
parts:
  - name: small
    title: small
    cost: a second
    experiment:
      rules: [backprop, feedback-alignment, shallow]
      seeds: [1, 2]
      settings: { epochs: 3 }
    rows:
      - { row: BP, condition: backprop, published: { value: 2, epoch: last, confidence: read, bound: { match: 0.1, near: 0.5 } } }
      - { row: FA, condition: feedback-alignment, published: { value: [2, 3], epoch: best, confidence: as remembered, bound: { match: 0.1, near: 0.5 } } }
      - { row: none, condition: shallow, published: null }
`;

const test = suite<{ folder: string; part: Part }>('reproduce');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'dendrite-reproduce-'));
  writeFileSync(join(context.folder, 'nobody1999.yaml'), PAPER);
  context.part = readPaper('nobody1999', context.folder).parts[0]!;
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

function record(part: Part, id: string, seed: number, scores: (number | null)[]): RunRecord {
  const condition = part.experiment.conditions.find((one) => one.id === id)!;
  const device = { name: 'cpu', backend: 'wasm-simd', blas: null, executorKind: null, fallbackReason: null };
  return {
    ...{ condition: id, seed, spec: specHash(part, condition, seed), status: 'finished' },
    ...{ device: { ...device, hardware: 'a machine' }, dendrite: '0.1.0', commits: ['abcdef0123'] },
    ...{ node: 'v20.0.0', date: '2026-01-01T00:00:00.000Z', statesHash: null, examples: 9, seconds: 60 },
    ...{ multiplyAccumulates: 1, scores },
  };
}

const refuses = (work: () => unknown, pattern: RegExp): void =>
  assert.throws(work, (error: Error) => error instanceof UserError && pattern.test(error.message));

test('every paper of the catalogue is whole, and has the bounds of its rows', () => {
  const names = readCatalogue().map(({ name }) => name);
  assert.equal(names, paperNames());
  for (const name of ['guerguiev2017', 'scellier2017', 'lillicrap2016', 'nokland2016'])
    assert.ok(names.includes(name), name);
  for (const { parts } of readCatalogue())
    for (const { rows, experiment } of parts) {
      assert.is(experiment.dataset, 'mnist-full');
      for (const { published } of rows)
        if (published) assert.ok(published.bound.match <= published.bound.near);
    }
});

test('a paper that is not there, or is not whole, is refused', ({ folder }) => {
  refuses(
    () => readPaper('nobody1998', folder),
    /no published table 'nobody1998'; did you mean 'nobody1999'/,
  );
  const spoil = (from: string, to: string): void =>
    writeFileSync(join(folder, 'nobody1999.yaml'), PAPER.replace(from, to));
  spoil('condition: shallow', 'condition: shallows');
  refuses(() => readPaper('nobody1999', folder), /no condition 'shallows'; there are backprop, /);
  spoil(', shallow]', ', shallow, pepita]');
  refuses(() => readPaper('nobody1999', folder), /the condition 'pepita' of part small has no row/);
  spoil('confidence: read', 'confidence: sure');
  refuses(() => readPaper('nobody1999', folder), /parts\.0\.rows\.0\.published\.confidence/);
});

test('verdicts follow from the bounds', ({ part }) => {
  const verdicts = (...runs: RunRecord[]): string[] =>
    reproduceRows(part, runs).map(({ verdict }) => verdict);
  const both = (id: string, a: number, b: number) => [
    record(part, id, 1, [9, 9, a]),
    record(part, id, 2, [9, 9, b]),
  ];
  assert.equal(verdicts(), ['not measured', 'not measured', 'not measured']);
  assert.is(verdicts(...both('backprop', 2.0, 2.18))[0], 'match');
  assert.is(verdicts(...both('backprop', 2.0, 2.22))[0], 'near');
  assert.is(verdicts(...both('backprop', 2.6, 2.42))[0], 'miss');
  assert.is(verdicts(...both('backprop', 1.4, 1.58))[0], 'miss');
  assert.is(verdicts(record(part, 'backprop', 1, [2]))[0], 'near', 'runs are missing');
  assert.is(verdicts(...both('feedback-alignment', 2.4, 2.6))[1], 'near', 'as remembered');
  assert.is(verdicts(...both('shallow', 2, 2))[2], 'no published value');
  const diverged = { ...record(part, 'backprop', 2, [2, null]), status: 'diverged' as const };
  assert.is(verdicts(record(part, 'backprop', 1, [2]), diverged)[0], 'miss');
});

test('a row has the last or the best epoch as its source does, and the distance to a range', ({ part }) => {
  const [bp, fa] = reproduceRows(part, [
    record(part, 'backprop', 1, [1.5, 2.25]),
    record(part, 'feedback-alignment', 1, [1.75, 2.5]),
  ]);
  assert.is(bp!.distance, 0.25);
  assert.is(bp!.best.mean, 1.5);
  assert.is(fa!.distance, -0.25);
});

test('records of other settings or seeds do not count', ({ part }) => {
  const own = record(part, 'backprop', 1, [2]);
  const [row] = reproduceRows(part, [
    { ...own, spec: 'of other settings' },
    { ...own, seed: 7 },
  ]);
  assert.is(row!.runs.length, 0);
  assert.equal(missingSeeds(part, [own]), [1, 2]);
  const whole = ['backprop', 'feedback-alignment', 'shallow'].map((id) => record(part, id, 1, [2]));
  assert.equal(missingSeeds(part, whole), [2]);
  assert.equal(missingSeeds(part, whole, [1]), []);
  refuses(() => missingSeeds(part, [], [3]), /the seed 3 is not one of those .* planned: 1, 2/);
});

test('records are kept in order, and replaced by newer ones', ({ folder, part }) => {
  writeRecords(folder, part, [record(part, 'shallow', 1, [4]), record(part, 'backprop', 2, [2])]);
  writeRecords(folder, part, [record(part, 'backprop', 1, [3]), record(part, 'backprop', 2, [1])]);
  const kept = readRecords(folder, part).map(({ condition, seed, scores }) => [condition, seed, scores[0]]);
  assert.equal(kept, [
    ['backprop', 1, 3],
    ['backprop', 2, 1],
    ['shallow', 1, 4],
  ]);
  appendFileSync(join(folder, 'nobody1999', 'small.jsonl'), '{"condition"\n');
  refuses(() => readRecords(folder, part), /small\.jsonl is damaged in line 4/);
});

test('a wrong digit in a page or figure is found', async ({ folder, part }) => {
  const papers = [readPaper('nobody1999', folder)];
  writeRecords(folder, part, [record(part, 'backprop', 1, [2.0625]), record(part, 'backprop', 2, [2.125])]);
  await writeTables(papers, folder);
  await checkTables(papers, folder);
  for (const [file, digit, wrong] of [
    ['nobody1999.md', '2.09 ± 0.04', '2.08 ± 0.04'],
    ['nobody1999.md', '| match |', '| near |'],
    ['nobody1999.json', '2.09375', '2.08375'],
    ['README.md', '| 1 | 0 |', '| 2 | 0 |'],
    ['nobody1999.svg', '>match<', '>near<'],
  ] as const) {
    const text = readFileSync(join(folder, file), 'utf8');
    assert.ok(text.includes(digit), `${file} has ${digit}`);
    writeFileSync(join(folder, file), text.replace(digit, wrong));
    const says = await checkTables(papers, folder).catch((error: Error) => error.message);
    assert.match(String(says), new RegExp(`${file} is not what the records give, line \\d+`));
    writeFileSync(join(folder, file), text);
  }
  await checkTables(papers, folder);
});

test('every page in results/tables is what its records give', () => checkTables(readCatalogue(), TABLES));

test('parts are chosen by name', ({ folder }) => {
  const paper = readPaper('nobody1999', folder);
  assert.is(chooseParts(paper, null).length, 1);
  refuses(() => chooseParts(paper, ['large']), /nobody1999 has no part 'large'; there are small/);
});

test.run();
