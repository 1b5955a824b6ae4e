import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../cli/run.ts';
import { rulePages, withFamilyTable } from '../../docs/generate-rules.ts';
import { RULES } from '../../rules/index.ts';

const test = suite('docs of rules');
const out = mkdtempSync(join(tmpdir(), 'dendrite-docs-'));
test.after(() => rmSync(out, { recursive: true }));

const folder = new URL('../../docs/rules/', import.meta.url);
const pages = rulePages();

test('the committed pages are those of the definitions', () => {
  assert.equal(readdirSync(folder).sort(), [...pages.keys()].sort(), "run 'npm run docs'");
  for (const [file, text] of pages)
    assert.is(
      readFileSync(new URL(file, folder), 'utf8'),
      text,
      `${file} is out of date: run 'npm run docs'`,
    );
});

test('every row of a table has as many cells as its head', () => {
  for (const [file, text] of pages)
    for (const [table] of text.matchAll(/(?:^\|.*\n)+/gm)) {
      const cells = table
        .trim()
        .split('\n')
        .map((row) => row.split(/(?<!\\)\|/).length);
      assert.is(new Set(cells).size, 1, `${file}: ${table}`);
    }
});

test('settings of recipes are shown for layers that a rule can have', () => {
  const forLayers = /^Settings under a name, with where they come from, here for layers 784,500,10\./m;
  assert.match(pages.get('burstccn.md')!, forLayers);
  for (const { name } of RULES.filter(({ onlyTask }) => onlyTask))
    assert.not.match(pages.get(`${name}.md`)!, /here for layers/);
});

test('the README lists the rules by family', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  assert.is(readme, withFamilyTable(readme), "README.md is out of date: run 'npm run docs'");
  for (const { name, family } of RULES)
    assert.match(
      readme,
      new RegExp(`^\\| ${family} \\| .*\\[\`${name}\`\\]\\(docs/rules/${name}\\.md\\)`, 'm'),
    );
});

/** What a command line prints, run in this process to save the time of starting one. */
async function printed(args: readonly string[]): Promise<string> {
  const [stdout, stderr] = [process.stdout.write, process.stderr.write];
  let text = '';
  process.stdout.write = ((part: string) => {
    text += part;
    return true;
  }) as typeof stdout;
  process.stderr.write = (() => true) as typeof stderr;
  try {
    assert.is(await run(args), 0);
  } finally {
    process.stdout.write = stdout;
    process.stderr.write = stderr;
  }
  return text;
}

for (const { name } of RULES)
  test(`the example of ${name} runs`, async () => {
    const command = /^ {4}npx dendrite (.*)$/m.exec(pages.get(`${name}.md`)!)![1]!;
    const { experiment, summary } = JSON.parse(
      await printed([...command.split(' '), '--out', out, '--json']),
    );
    assert.is(summary.at(-1).rule, name);
    assert.is(summary.at(-1).n, 2);
    const { mean } = summary.at(-1);
    // Chance is 90 %, or that nothing is recalled, or one symbol of 45.
    const wrong = experiment.score.better === 'lower' ? mean : 100 - mean;
    assert.ok(wrong < 60, `mean score ${mean} %`);
  });

test.run();
