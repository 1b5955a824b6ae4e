import * as assert from 'uvu/assert';
import { findRule, rulesFor } from '../../rules/index.ts';
import { pageTests, savedBy, withPage } from './playground-page.ts';

const { when, run } = pageTests('playground: rules');

when('every rule that classifies duels in the page that is built', async () => {
  const names = rulesFor('classify').map(({ name }) => name);
  for (let i = 0; i < names.length; i += 4) {
    const rules = names.slice(i, i + 4);
    // A duel takes two rules at least.
    if (rules.length === 1) rules.push('backprop');
    const hidden = rules.some((name) => (findRule(name).trial?.hidden?.length ?? 0) > 1) ? '20,20' : '20';
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

run();
