import * as assert from 'uvu/assert';
import { rulesFor } from '../../rules/index.ts';
import { pageTests, savedBy, withPage } from './playground-page.ts';

const { when, run } = pageTests('playground: rules');

/** Duels of up to four rules, and the hidden layers that all of them take. */
const duels = [
  ['20', (layers: number) => layers <= 1],
  ['20,20', (layers: number) => layers > 1],
].flatMap(([hidden, takes]) => {
  const names = rulesFor('classify')
    .filter(({ trial }) => (takes as (layers: number) => boolean)(trial?.hidden?.length ?? 0))
    .map(({ name }) => name);
  return Array.from({ length: Math.ceil(names.length / 4) }, (_, i) => ({
    hidden: hidden as string,
    rules: names.slice(4 * i, 4 * i + 4),
  }));
});

when('every rule that classifies duels in the page that is built', async () => {
  for (const { hidden, rules } of duels) {
    // A duel takes two rules at least.
    if (rules.length === 1) rules.push('backprop');
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
