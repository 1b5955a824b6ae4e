import { createRequire } from 'node:module';
import * as assert from 'uvu/assert';
import { ended, looked, pageTests, savedBy, withPage } from './playground-page.ts';

const { when, run } = pageTests('playground: use');

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
    await page.waitForFunction("document.querySelectorAll('.contender option').length > 40");
    await looked(page);
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
        await looked(page);
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

run();
