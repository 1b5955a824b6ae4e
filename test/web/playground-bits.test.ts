import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadDataset } from '../../data/index.ts';
import { signSymmetry } from '../../examples/own-rule/sign-symmetry.ts';
import { createTrainer } from '../../experiments/index.ts';
import { type ComparisonDocument, newestCheckpoint } from '../../results/index.ts';
import { hashStates } from '../../training/index.ts';
import { inThisProcess } from '../cli/dendrite.ts';
import { ended, looked, numbersOf, pageTests, type Saved, savedBy, withPage } from './playground-page.ts';

const { when, run } = pageTests('playground: bits');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-playground-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

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

when('one step is one minibatch, and a pause is one', async () => {
  await withPage('#rules=backprop,shallow&hidden=20&epochs=1&speed=50', async (page) => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Reset' }).click();
    const examples = page.locator('tbody td:nth-child(3)');
    await looked(page);
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

run();
