import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import {
  buildTrainer,
  type Checkpoint,
  createTrainer,
  type EpochRecord,
  type SettingsInput,
  type Trainer,
  tinyDataset,
} from '../../training/index.ts';
import { Patience } from '../../training/patience.ts';
import { openCpu, partsOf } from './parts.ts';

/** The epoch after which a sequence of scores ends, or null. */
function endOf(
  scores: readonly (number | null)[],
  epochs: number | null,
  better: 'lower' | 'higher' = 'lower',
) {
  const patience = new Patience(epochs, better);
  for (const [i, score] of scores.entries()) {
    patience.note(i + 1, score);
    if (patience.isOver(i + 1)) return i + 1;
  }
  return null;
}

test('patience ends so many epochs after the best score, of which a repetition is no better one', () => {
  assert.is(endOf([5, 4, 4, 4, 3], 2), 4);
  assert.is(endOf([5, 4, 4, 3, 4, 4, 9], 3), 7);
  assert.is(endOf([5, 4, 3, 2, 1], 1), null);
  assert.is(endOf([1, 2], 1), 2);
  assert.is(endOf([1, 2, 3, 3, 3], 2, 'higher'), 5);
  assert.is(endOf([null, null, 1], 2), 2);
  assert.is(endOf([1, null, null], 2), 3);
  assert.is(endOf([1, 1, 1, 1, 1], null), null);
});

/** Weights hardly move, so that no score is better than the first. */
const STILL = { learningRate: 1e-12, optimizer: 'sgd', patience: 2 } as const;

/** A run with a validation split. */
async function still(settings: SettingsInput): Promise<Trainer> {
  const parts = await partsOf('backprop', { settings: { ...STILL, ...settings }, device: await openCpu() });
  return buildTrainer({ ...parts, dataset: { ...parts.dataset, validation: parts.dataset.test } });
}

async function train(
  trainer: Trainer,
  look: (record: EpochRecord) => unknown = () => {},
): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs()) {
    records.push(record);
    await look(record);
  }
  return records;
}

test('training ends early, and the last record says why', async () => {
  const trainer = await still({ epochs: 10 });
  const records = await train(trainer);
  assert.equal(
    records.map(({ stoppedEarly }) => stoppedEarly),
    [undefined, undefined, 'no better validation score in 2 epochs'],
  );
  assert.is(trainer.epochsDone, 3);
  assert.equal(await train(trainer), []);
  await trainer.dispose();
});

test('a run whose budget ends at the same epoch did not stop early', async () => {
  const trainer = await still({ epochs: 3 });
  const records = await train(trainer);
  assert.is(records.length, 3);
  assert.ok(records.every((record) => !('stoppedEarly' in record)));
  await trainer.dispose();
});

test('a run that goes on from any checkpoint stops at the same epoch', async () => {
  const first = await still({ epochs: 10 });
  const checkpoints: Checkpoint[] = [await first.save()];
  const records = await train(first, async () => checkpoints.push(await first.save()));
  const timeless = ({ seconds, evaluationSeconds, examplesPerSecond, ...rest }: EpochRecord) => rest;
  for (const [epochs, checkpoint] of checkpoints.entries()) {
    const second = await still({ epochs: 10 });
    await second.load(checkpoint);
    assert.equal((await train(second)).map(timeless), records.slice(epochs).map(timeless), String(epochs));
    assert.is(await second.hashStates(), await first.hashStates());
    await second.dispose();
  }
  await first.dispose();
});

test('there has to be a validation score', async () => {
  const dataset = tinyDataset();
  const settings = { layers: [36, 4], patience: 2 };
  try {
    await createTrainer({ rule: 'backprop', dataset, settings, device: await openCpu() });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /^patience: stopping early needs a validation score/);
  }
});

test.run();
