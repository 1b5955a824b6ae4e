import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ComparisonDocument } from '../../results/index.ts';
import { run } from '../results/example.ts';
import { readPage } from '../results/report/example.ts';
import { storeComparison } from '../results/stored-comparison.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('report');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-report-'));
test.after(() => rmSync(folder, { recursive: true }));

const tiny = onTiny(writeTinyIdx(join(folder, 'tiny')));
const compare = (out: string, ...args: string[]) =>
  inThisProcess(['compare', '--out', out, ...tiny, '--rules', 'backprop', '--epochs', '2', ...args]);
const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!;
const read = (file: string) => readPage(readFileSync(file, 'utf8'));

test('every comparison ends with the path of its report, and leaves standard output alone', async () => {
  const { code, stdout, stderr } = await compare(join(folder, 'runs'), '--seeds', '2', '--json');
  assert.is(code, 0, stderr);
  const at = dirname((JSON.parse(stdout) as ComparisonDocument).runs[0]!.folder);
  assert.is(lastLine(stderr), `Report    ${join(at, 'report.html')}`);
  const report = read(join(at, 'report.html'));
  for (const link of report.find('#runs a'))
    assert.ok(existsSync(join(at, link.getAttribute('href')!)), 'a link to a file leads to it');
  assert.match(report.texts('pre')[0]!, /^rules: \[ backprop \] dataset: idx:/);
  const before = readFileSync(join(at, 'report.html'), 'utf8');
  const again = await inThisProcess(['report', at]);
  assert.is(again.stdout, `${join(at, 'report.html')}\n`);
  assert.is(readFileSync(join(at, 'report.html'), 'utf8'), before);
  const resumed = await inThisProcess(['resume', at]);
  assert.is(lastLine(resumed.stderr), `Report    ${join(at, 'report.html')}`);
});

test('a report elsewhere leads to the runs from there', async () => {
  const at = storeComparison(join(folder, 'here', 'stored'), [run('backprop', 1, [8, 5])]);
  const file = join(folder, 'there', 'deep', 'page.html');
  const { code, stderr } = await inThisProcess(['report', at, '--out', file]);
  assert.is(code, 0, stderr);
  const [link] = read(file).find('#runs-backprop a');
  assert.is(resolve(dirname(file), link!.getAttribute('href')!), resolve(at, 'backprop-seed-1'));
  assert.not(existsSync(join(at, 'report.html')));
});

test('a comparison that was stopped has a report, which says what is missing', async () => {
  const at = storeComparison(join(folder, 'stopped'), [
    run('backprop', 1, [8, 5]),
    run('backprop', 2, [8], { status: 'unfinished' }),
  ]);
  assert.is((await inThisProcess(['report', at])).code, 0);
  assert.is(read(join(at, 'report.html')).find('#missing tbody tr').length, 5);
});

test('a report that cannot be written is a sentence, and takes nothing from the comparison', async () => {
  const out = join(folder, 'full');
  const blocked = await compare(out, '--seeds', '1');
  assert.is(blocked.code, 0);
  const at = join(out, readdirSync(out)[0]!);
  const written = readFileSync(join(at, 'comparison.json'), 'utf8');
  rmSync(join(at, 'report.html'));
  mkdirSync(join(at, 'report.html'));
  const { code, stdout, stderr } = await inThisProcess(['resume', at]);
  assert.is(code, 1);
  assert.match(stdout, /backprop +1 /);
  assert.match(
    lastLine(stderr),
    /^dendrite: the report \S+report\.html cannot be written because a folder has its name; 'dendrite report' makes it again, with --out in another place$/,
  );
  assert.is(readFileSync(join(at, 'comparison.json'), 'utf8'), written);
  assert.equal(
    readdirSync(at).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('a folder without a comparison is refused', async () => {
  const { code, stderr, stdout } = await inThisProcess(['report', folder]);
  assert.is(code, 1);
  assert.match(stderr, /^dendrite: the folder \S+ holds no experiment\.json; [^\n]+\n$/);
  assert.is(stdout, '');
});

test.run();
