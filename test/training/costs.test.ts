import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTrainer, type SettingsInput, type Trainer } from '../../training/index.ts';
import { partsOf } from './parts.ts';

/** What a run costs beside time and multiply-accumulates. */

const trainerOf = async (rule: string, options = {}, settings: SettingsInput = {}): Promise<Trainer> =>
  buildTrainer(await partsOf(rule, { options, settings: { examples: 40, ...settings } }));

async function settlingStepsOf(...given: Parameters<typeof trainerOf>): Promise<number | undefined> {
  const trainer = await trainerOf(...given);
  try {
    for await (const { settlingSteps } of trainer.epochs()) return settlingSteps;
    return undefined;
  } finally {
    await trainer.dispose();
  }
}

const phases = { freeIterations: 7, nudgedIterations: 3 };

test('the steps of all phases are counted, for each example that is shown', async () => {
  const rule = 'equilibrium-propagation';
  assert.is(await settlingStepsOf(rule, { ...phases, variant: 'positive' }), 40 * (7 + 3));
  assert.is(await settlingStepsOf(rule, { ...phases, variant: 'centred' }), 40 * (7 + 3 + 3));
  const continual = { ...phases, variant: 'positive', continual: true };
  const plain = { optimizer: 'sgd', schedule: 'constant' } as const;
  assert.is(await settlingStepsOf(rule, continual, plain), 40 * (7 + 3));
  const clamped = { freeIterations: 7, clampedIterations: 4 };
  assert.is(await settlingStepsOf('contrastive-hebbian', clamped), 40 * (7 + 4));
});

test('what does not settle has none', async () => {
  assert.is(await settlingStepsOf('backprop'), undefined);
});

test('the bytes of state are those of the values in a checkpoint', async () => {
  for (const rule of ['backprop', 'equilibrium-propagation']) {
    const trainer = await trainerOf(rule);
    const { states, rowStores } = await trainer.save();
    const saved = [...states.values(), ...rowStores.values()].map(({ values }) => values.byteLength);
    assert.is(
      trainer.stateBytes,
      saved.reduce((sum, bytes) => sum + bytes),
    );
    assert.is(rowStores.size > 0, rule === 'equilibrium-propagation');
    await trainer.dispose();
  }
});

test.run();
