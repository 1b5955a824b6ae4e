import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { ended, pageTests, savedBy, withPage } from './playground-page.ts';

const { when, run } = pageTests('playground: editor');

/** Puts the rule of examples/own-rule into the editor, with a text in the place of another. */
async function edit(page: Page, find: string, replace: string): Promise<void> {
  const editor = page.getByLabel('Your rule in TypeScript');
  const text = readFileSync('examples/own-rule/sign-symmetry.ts', 'utf8');
  assert.ok(text.includes(find));
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text.replace(find, replace));
}

const lineOf = (find: string): number =>
  readFileSync('examples/own-rule/sign-symmetry.ts', 'utf8').split(find)[0]!.split('\n').length;

/** Mistakes of every kind, where they are put, what the page must say of them, and beside which line where it is another. */
const MISTAKES: readonly (readonly [
  what: string,
  find: string,
  replace: string,
  expected: RegExp,
  at?: string,
])[] = [
  ['of syntax', 'let error = network', 'let error == network', /Unexpected token/],
  ['of JavaScript', 'const activity =', 'const input = 1; const activity =', /already been declared/],
  ['of an import', "from 'dendrite'", "from 'fs'", /there is no 'fs' in this page/],
  [
    'of a name',
    "from 'dendrite';",
    "from 'dendrite'; import { loadDataset } from 'dendrite'; export const used = loadDataset;",
    /'dendrite' has no 'loadDataset'/,
  ],
  [
    'of a map function',
    '(w > 0 ? size',
    '(w > limit ? size',
    /map cannot compile the outside variable 'limit'/,
    'const feedback = k.map(',
  ],
  ['of a trace', 'activity.at(-1)!.rate, directions', 'activity.at(9)!.rate, directions', /undefined/],
];

/** In one look, since the editor draws its margin anew whenever it likes. */
const waitForMarkerBeside = (page: Page, line: number) =>
  page.waitForFunction(`(() => {
    const numbers = [...document.querySelectorAll('.cm-lineNumbers .cm-gutterElement')];
    const number = numbers.find(({ textContent }) => textContent === '${line}');
    const marker = document.querySelector('.cm-lint-marker-error');
    const top = (element) => element.getBoundingClientRect().y;
    return number && marker && Math.abs(top(marker) - top(number)) < 12;
  })()`);

when('a mistake in a rule is one sentence beside its line', () =>
  withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=50', async (page) => {
    await page.getByRole('button', { name: 'Open the editor' }).click();
    for (const [what, find, replace, expected, at = find] of MISTAKES) {
      await edit(page, find, replace);
      await page.getByRole('button', { name: 'Train this rule' }).click();
      const problem = page.locator('#own-problem').filter({ hasText: expected });
      await problem.waitFor();
      const text = (await problem.textContent())!;
      assert.not.match(text, /\n|\bat \S+:\d/, 'one sentence');
      assert.ok(text.startsWith(`Line ${lineOf(at)}: `), `${what}: ${text}`);
      await waitForMarkerBeside(page, lineOf(at));
    }
    await edit(page, 'magnitude:', 'magnitude:');
    await page.getByRole('button', { name: 'Train this rule' }).click();
    await page.locator('#own-problem').waitFor({ state: 'hidden' });
    await page.locator('.cm-lint-marker-error').waitFor({ state: 'hidden' });
  }),
);

when('a rule from a link does not run before its reader says so', async () => {
  let address = '';
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&kernels=exact&speed=full', async (page) => {
    await page.getByRole('button', { name: 'Open the editor' }).click();
    await edit(page, 'default: 0.05', 'default: 0.06');
    await page.getByRole('button', { name: 'Train this rule' }).click();
    await page.getByRole('rowheader', { name: 'my-sign-symmetry' }).waitFor();
    address = new URL(page.url()).hash;
  });
  await withPage(address, async (page) => {
    await page.getByText('does not run before you say so').waitFor();
    assert.is(page.workers().length, 0);
    await page.getByText('0.06').waitFor();
    await page.getByRole('button', { name: 'Train this rule' }).click();
    await ended(page);
    const own = (await savedBy(page)).runs[2]!;
    assert.equal([own.problem, own.condition.options], [null, { magnitude: 0.06 }]);
  });
});

run();
