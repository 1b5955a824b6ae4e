import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rulePages } from '../../docs/generate-rules.ts';
import { RULES } from '../../rules/index.ts';
import { dendrite } from '../cli/dendrite.ts';

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

for (const { name } of RULES)
  test(`the example of ${name} runs`, async () => {
    const command = /^ {4}npx dendrite (.*)$/m.exec(pages.get(`${name}.md`)!)![1]!;
    const { stdout, stderr, code } = await dendrite(...command.split(' '), '--out', out, '--json');
    assert.is(code, 0, stderr);
    const { summary } = JSON.parse(stdout);
    assert.ok(summary.at(-1).rule === name && summary.at(-1).n === 2, stdout);
    // Chance is 90 %.
    assert.ok(summary.at(-1).mean < 60, `mean test error ${summary.at(-1).mean} %`);
  });

test.run();
