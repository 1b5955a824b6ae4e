import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashDataset, loadDataset } from '../../data/index.ts';
import { signSymmetry } from '../../examples/own-rule/sign-symmetry.ts';
import { createTrainer } from '../../experiments/index.ts';
import { type ComparisonDocument, newestCheckpoint } from '../../results/index.ts';
import { RULES } from '../../rules/index.ts';
import { type EpochRecord, hashStates } from '../../training/index.ts';
import { unpackDataset } from '../../web/playground/digits/pack.ts';
import type { Opened } from '../../web/playground/run/messages.ts';
import { CHROMIUM, launchChromium } from '../browser/chromium.ts';
import { inThisProcess } from '../cli/dendrite.ts';
import { openSite, type Site, watch } from './site.ts';

const MOST_JAVASCRIPT = 400_000;
const LARGEST_ASSET = 2_500_000;

const test = suite('playground');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-playground-'));
let site: Site;
let browser: Browser;

test.before(async () => {
  if (CHROMIUM) [site, browser] = await Promise.all([openSite(), launchChromium()]);
});
test.after(async () => {
  await browser?.close();
  site?.close();
  rmSync(folder, { recursive: true });
});

/** What the page hands out as a file. */
interface Saved {
  readonly runs: readonly (Pick<Opened, 'condition' | 'backend' | 'start'> & {
    readonly state: string;
    readonly problem: string | null;
    readonly looks: readonly {
      readonly examples: number;
      readonly testScore: number;
      readonly epoch: EpochRecord | null;
      readonly states: string | null;
    }[];
  })[];
}

/** A page with a duel, which must have nothing to complain of when it is closed. */
async function withPage(
  address: string,
  use: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const complaints = watch(page, site);
    await page.goto(site.url + address);
    await use(page);
    assert.equal(complaints, []);
  } finally {
    await context.close();
  }
}

const ended = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    "[...document.querySelectorAll('tbody tr')].every((row) => ['finished', 'failed'].includes(row.dataset.state))",
  );

async function savedBy(page: Page): Promise<Saved> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save numbers' }).click(),
  ]);
  return JSON.parse(readFileSync(await download.path(), 'utf8'));
}

/** What runs came to, without what they took. */
const numbersOf = ({ runs }: Saved) =>
  runs.map(({ looks, ...rest }) => ({
    ...rest,
    looks: looks.map(({ epoch, ...look }) => ({
      ...look,
      epoch: epoch && { ...epoch, seconds: 0, evaluationSeconds: 0, examplesPerSecond: 0 },
    })),
  }));

function when(name: string, run: () => Promise<void>): void {
  if (CHROMIUM) return void test(name, run);
  console.log(`skipped, ${name}: there is no Chromium here (Debian: chromium)`);
  test.skip(name);
}

when('a duel of backprop and feedback alignment has the bits of `dendrite compare --blas none`', async () => {
  const { stdout, stderr, code } = await inThisProcess([
    ...['compare', '--rules', 'backprop,feedback-alignment', '--layers', '784,30,10', '--epochs', '2'],
    ...['--seeds', '7,8', '--device', 'cpu', '--blas', 'none', '--out', folder, '--json'],
  ]);
  assert.is(code, 0, stderr);
  const document: ComparisonDocument = JSON.parse(stdout);
  const address = '#rules=backprop,feedback-alignment&hidden=30&epochs=2&seed=7&kernels=exact&speed=full';
  await withPage(address, async (page) => {
    // Whoever looks at the networks meanwhile moves no bit.
    await page.getByRole('button', { name: 'Next test digit' }).click();
    await ended(page);
    const { runs } = await savedBy(page);
    for (const [i, rule] of ['backprop', 'feedback-alignment'].entries()) {
      const run = document.runs.find(({ condition, seed }) => condition === rule && seed === 7)!;
      const { looks, start, backend } = runs[i]!;
      assert.is(backend, 'wasm-simd');
      assert.ok(looks.length > 10, 'the network was looked at within epochs');
      const epochs = looks.flatMap(({ epoch }) => (epoch ? [epoch] : []));
      for (const part of ['testScore', 'trainLoss', 'trainScore', 'examples'] as const)
        assert.equal(
          epochs.map((epoch) => epoch[part]),
          run.epochs.map((epoch) => epoch[part]),
          `${rule}: ${part}`,
        );
      assert.equal(
        looks.flatMap(({ epoch, testScore }) => (epoch ? [testScore] : [])),
        run.epochs.map(({ testScore }) => testScore),
      );
      const { initialHash, orderHash } = run.epochs[0]!;
      assert.equal(start, { initialHash, orderHash });
      const { checkpoint } = newestCheckpoint(run.folder).found!;
      assert.is(looks.at(-1)!.states, await hashStates(checkpoint.states), `${rule}: all states`);
    }
  });
});

when('the rule of examples/own-rule, typed in, has the bits of the file', async () => {
  const trainer = await createTrainer({
    rule: signSymmetry,
    dataset: await loadDataset('mnist'),
    settings: { layers: [784, 20, 10], epochs: 1 },
    device: { device: 'cpu', blas: 'none' },
  });
  const scores: (number | null)[] = [];
  for await (const { testScore } of trainer.epochs()) scores.push(testScore);
  const states = await trainer.hashStates();
  await trainer.dispose();
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&kernels=exact&speed=full', async (page) => {
    await page.getByRole('button', { name: 'Open the editor' }).click();
    await page.getByRole('button', { name: 'Train this rule' }).click();
    await page.getByRole('rowheader', { name: 'my-sign-symmetry' }).waitFor();
    await ended(page);
    const own = (await savedBy(page)).runs[2]!;
    assert.is(own.condition.rule, 'my-sign-symmetry');
    assert.is(own.problem, null);
    assert.equal(
      own.looks.flatMap(({ epoch, testScore }) => (epoch ? [testScore] : [])),
      scores,
    );
    assert.is(own.looks.at(-1)!.states, states);
  });
});

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

/** Mistakes of every kind, where they are put, and what the page must say of them. */
const MISTAKES: readonly (readonly [what: string, find: string, replace: string, expected: RegExp])[] = [
  ['of syntax', 'let error = network', 'let error == network', /Unexpected token/],
  ['of JavaScript', 'const activity =', 'const input = 1; const activity =', /already been declared/],
  ['of an import', "from 'dendrite'", "from 'fs'", /there is no 'fs' in this page/],
  [
    'of a name',
    'layeredNetwork, outer',
    'layeredNetwork, loadDataset, outer',
    /'dendrite' has no 'loadDataset'/,
  ],
  [
    'of a map function',
    '(w > 0 ? size',
    '(w > limit ? size',
    /map cannot compile the outside variable 'limit'/,
  ],
  ['of a trace', 'activity.at(-1)!.rate, directions', 'activity.at(9)!.rate, directions', /undefined/],
];

when('a mistake in a rule is one sentence beside its line', () =>
  withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=50', async (page) => {
    await page.getByRole('button', { name: 'Open the editor' }).click();
    for (const [what, find, replace, expected] of MISTAKES) {
      await edit(page, find, replace);
      await page.getByRole('button', { name: 'Train this rule' }).click();
      const problem = page.locator('#own-problem').filter({ hasText: expected });
      await problem.waitFor();
      const text = (await problem.textContent())!;
      assert.not.match(text, /\n|\bat \S+:\d/, 'one sentence');
      assert.ok(text.startsWith(`Line ${lineOf(find)}: `), `${what}: ${text}`);
      await page.locator('.cm-lint-marker-error').waitFor();
      const top = async (selector: string) => (await page.locator(selector).boundingBox())!.y;
      const number = `.cm-lineNumbers .cm-gutterElement >> text="${lineOf(find)}"`;
      assert.ok(Math.abs((await top('.cm-lint-marker-error')) - (await top(number))) < 12, `${what}: beside`);
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

when('the address of a duel reproduces it, number by number', async () => {
  let address = '';
  let first: Saved | null = null;
  await withPage('#rules=backprop,shallow&hidden=40&epochs=1&kernels=exact&speed=full', async (page) => {
    await page.getByLabel('Rule', { exact: true }).nth(1).selectOption('direct-feedback-alignment');
    for (const [label, text] of [
      ['Hidden neurons', '20,15'],
      ['Seed', '5'],
    ] as const) {
      await page.getByLabel(label, { exact: true }).fill(text);
      await page.getByLabel(label, { exact: true }).press('Enter');
    }
    await page.getByLabel('Batch').nth(1).fill('25');
    await page.getByLabel('Learning rate').nth(1).fill('0.05');
    await page.getByLabel('Learning rate').nth(1).press('Enter');
    await page.waitForURL(/learning-rate\.2=0\.05/);
    await ended(page);
    first = await savedBy(page);
    address = new URL(page.url()).hash;
  });
  const settings = first!.runs.map(({ condition }) => condition.settings);
  assert.equal(
    settings.map(({ layers, batch, learningRate }) => [layers, batch, learningRate]),
    [
      [[784, 20, 15, 10], 50, [0.1]],
      [[784, 20, 15, 10], 25, [0.05]],
    ],
  );
  await withPage(address, async (page) => {
    await ended(page);
    assert.equal(numbersOf(await savedBy(page)), numbersOf(first!));
  });
});

when('every rule duels in the page that is built', async () => {
  const names = RULES.map(({ name }) => name);
  for (let i = 0; i < names.length; i += 4) {
    const rules = names.slice(i, i + 4);
    // A duel takes two rules at least.
    if (rules.length === 1) rules.push('backprop');
    const hidden = rules.some((name) => RULES.find((rule) => rule.name === name)!.trial?.hidden)
      ? '20,20'
      : '20';
    await withPage(`#rules=${rules.join(',')}&hidden=${hidden}&epochs=1&speed=50`, async (page) => {
      await page.waitForFunction(
        "[...document.querySelectorAll('tbody tr')].every((row) => row.dataset.state === 'failed' || Number(row.cells[2].textContent) > 0)",
      );
      const { runs } = await savedBy(page);
      for (const [place, { problem, looks }] of runs.entries()) {
        assert.is(problem, null, rules[place]);
        assert.ok(looks[0]!.testScore > 0, rules[place]);
      }
    });
  }
});

when('one step is one minibatch, and a pause is one', async () => {
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=50', async (page) => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Reset' }).click();
    const examples = page.locator('tbody td:nth-child(3)');
    await page.waitForFunction(
      "[...document.querySelectorAll('tbody td:nth-child(2)')].every((cell) => cell.textContent.includes('%'))",
    );
    assert.equal(await examples.allTextContents(), ['0', '0']);
    for (const done of ['50', '100']) {
      await page.getByRole('button', { name: 'One step' }).click();
      await page.waitForFunction(
        `[...document.querySelectorAll('tbody td:nth-child(3)')].every((cell) => cell.textContent === '${done}')`,
      );
    }
    assert.equal(
      (await savedBy(page)).runs.map(({ looks }) => looks.map((look) => look.examples)),
      [
        [0, 100],
        [0, 100],
      ],
    );
  });
});

when('a digit is drawn with keys or a mouse, and every network answers', async () => {
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=full', async (page) => {
    await ended(page);
    const paper = page.getByLabel('Paper to draw a digit on');
    const areAll = (answer: string): Promise<unknown> =>
      page.waitForFunction(
        `[...document.querySelectorAll('.answer')].every((one) => ${answer === '1' ? '' : '!'}(one.dataset.answer === '1'))`,
      );
    // A one is a stroke down the middle.
    await page.getByRole('button', { name: 'Clear' }).press('Enter');
    await paper.focus();
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
    for (let i = 0; i < 18; i++) await page.keyboard.press('Shift+ArrowDown');
    await areAll('1');
    await page.keyboard.press('Delete');
    await areAll('something else');
    const { x, y, width, height } = (await paper.boundingBox())!;
    await page.mouse.move(x + width / 2, y + 0.2 * height);
    await page.mouse.down();
    await page.mouse.move(x + width / 2, y + 0.8 * height, { steps: 5 });
    await page.mouse.up();
    await areAll('1');
  });
});

when('all is reached by keys alone', async () => {
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=50', async (page) => {
    await page.getByRole('button', { name: 'Open the editor' }).press('Enter');
    await page.getByRole('button', { name: 'Train this rule' }).waitFor();
    const script =
      "[...document.querySelectorAll('button, input, select, canvas[role=application], .cm-content')].filter((one) => !one.disabled && one.tabIndex >= 0)";
    const count = Number(await page.evaluate(`${script}.length`));
    await page.evaluate('document.activeElement.blur()');
    const reached = new Set<number>();
    for (let i = 0; i < count + 10; i++) {
      // In the editor the key indents, unless Escape comes before.
      await page.keyboard.press('Escape');
      await page.keyboard.press('Tab');
      reached.add(Number(await page.evaluate(`${script}.indexOf(document.activeElement)`)));
    }
    reached.delete(-1);
    assert.is(reached.size, count);
    await page.getByRole('button', { name: 'About this rule' }).first().press('Enter');
    await page.getByRole('dialog').getByText('Mathematics').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });
});

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

for (const width of [360, 1024, 1920])
  when(`axe finds nothing serious at ${width} pixels in both themes, and nothing scrolls sideways`, () =>
    withPage(
      '#rules=backprop,feedback-alignment,equilibrium-propagation,segregated-dendrite&hidden=20&epochs=1&speed=1000',
      async (page) => {
        await page.getByRole('button', { name: 'Open the editor' }).click();
        await page.getByRole('button', { name: 'Train this rule' }).waitFor();
        await page.waitForFunction(
          "[...document.querySelectorAll('tbody td:nth-child(2)')].every((cell) => cell.textContent.includes('%'))",
        );
        assert.is(await page.evaluate('document.documentElement.scrollWidth'), width);
        await page.addScriptTag({ path: axe });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const serious = await page.evaluate(
            `axe.run().then(({ violations }) => violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]))`,
          );
          assert.equal(serious, [], colorScheme);
        }
      },
      { viewport: { width, height: 800 } },
    ),
  );

when('without a network the page goes on: another duel, and the editor', async () => {
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&kernels=exact&speed=full', async (page) => {
    await ended(page);
    await page.waitForLoadState('networkidle');
    await page.waitForFunction(
      "performance.getEntriesByType('resource').some(({ name }) => /editor/.test(name))",
    );
    await page.waitForLoadState('networkidle');
    // Chromium asks for it again whenever the address changes.
    await page.route(/icon-.*\.svg$/, (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg"/>' }),
    );
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByRole('button', { name: 'Open the editor' }).click();
    await page.getByRole('button', { name: 'Train this rule' }).click();
    await page.getByRole('rowheader', { name: 'my-sign-symmetry' }).waitFor();
    await ended(page);
    assert.equal(
      (await savedBy(page)).runs.map(({ state }) => state),
      ['finished', 'finished', 'finished', 'finished'],
    );
  });
});

when(
  'all JavaScript that the page can load is small, and so are the digits, which are those of `mnist`',
  async () => {
    const loaded = new Set<string>();
    const visit = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const text = readFileSync(join(site.folder, name), 'utf8');
      for (const [, other] of text.matchAll(/([\w-]+\.js)\b/g))
        if (readdirSync(join(site.folder, 'assets')).includes(other!)) visit(`assets/${other}`);
    };
    visit('index.html');
    loaded.delete('index.html');
    assert.ok([...loaded].some((name) => name.includes('worker')) && loaded.size > 3, [...loaded].join());
    const bytes = [...loaded].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(site.folder, name))).length,
      0,
    );
    assert.ok(bytes < MOST_JAVASCRIPT, `${bytes} bytes`);
    const digits = join(site.folder, 'assets', 'digits.bin');
    assert.ok(statSync(digits).size < LARGEST_ASSET);
    const packed = unpackDataset(new Uint8Array(gunzipSync(readFileSync(digits))));
    const mnist = await loadDataset('mnist');
    assert.is(await hashDataset(packed), await hashDataset(mnist));
    const { name, title, comparable, classes, shape } = mnist;
    assert.equal(
      [packed.name, packed.title, packed.comparable, packed.classes, packed.shape],
      [name, title, comparable, classes, shape],
    );
  },
);

test.run();
