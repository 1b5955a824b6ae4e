import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rulesFor } from '../../rules/index.ts';
import {
  buildTrainer,
  type Checkpoint,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  firedIn,
  GUARDS,
  type Trainer,
} from '../../training/index.ts';
import { openCpu, type PartsOptions, partsOf } from './parts.ts';

/** Guards fire when they should, in runs that go wrong in known ways. */

const trainerOf = async (rule: string, options: PartsOptions = {}): Promise<Trainer> =>
  buildTrainer(await partsOf(rule, { device: await openCpu(), ...options }));

async function recordsOf(trainer: Trainer): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs()) records.push(record);
  await trainer.dispose();
  return records;
}

/** What guards have found in each epoch: 'guard: layer'. */
const found = (records: readonly EpochRecord[]): string[][] =>
  records.map(({ guards = [] }) => guards.map(({ guard, layer }) => `${guard}: ${layer}`));

const foundBy = async (rule: string, options: PartsOptions = {}): Promise<string[][]> =>
  found(await recordsOf(await trainerOf(rule, options)));

/** A trainer whose first weights or biases are others. */
async function begun(
  options: PartsOptions,
  change: (states: Checkpoint['states']) => void,
): Promise<Trainer> {
  const trainer = await trainerOf('backprop', options);
  const checkpoint = await trainer.save();
  change(checkpoint.states);
  await trainer.load(checkpoint);
  return trainer;
}

/** A high power of small overlaps is next to nothing, and outputs are silent until memories have moved. */
const GENTLE: Readonly<Record<string, Record<string, number>>> = { 'dense-memory-classifier': { power: 3 } };

for (const { name } of rulesFor('classify'))
  test(`${name}: no guard fires where nothing is wrong`, async () => {
    assert.equal(await foundBy(name, { settings: { epochs: 2 }, options: GENTLE[name] ?? {} }), [[], []]);
  });

test('a layer whose biases keep it silent is dead, and what leads there does not change', async () => {
  const settings = { layers: [36, 8, 4], activation: 'relu', epochs: 2 } as const;
  const trainer = await begun({ settings }, (states) => states.get('bias 1')!.values.fill(-1000));
  const records = await recordsOf(trainer);
  const dead = ['dead-layer: hidden 1', 'zero-update: input to hidden 1', 'zero-update: hidden 1 to output'];
  assert.equal(found(records), [dead, dead]);
  assert.is(
    records[1]!.guards![0]!.sentence,
    'hidden 1 is dead after epoch 2: 8 of its 8 neurons were silent for all of 100 images',
  );
  assert.equal(
    firedIn(records).map(({ guard, epoch }) => `${guard} ${epoch}`),
    ['dead-layer 1', 'zero-update 1', 'zero-update 1'],
  );
});

test('most of the neurons make a dead layer, and a few do not', async () => {
  const settings = { layers: [36, 20, 4], activation: 'relu', epochs: 1, learningRate: 1e-3 } as const;
  const silent = (neurons: number) =>
    begun({ settings }, (states) => states.get('bias 1')!.values.fill(-1000, 0, neurons));
  assert.equal(found(await recordsOf(await silent(18))), [['dead-layer: hidden 1']]);
  assert.equal(found(await recordsOf(await silent(17))), [[]]);
});

test('backprop cannot leave weights of zero, and its hidden layers do nothing', async () => {
  const zero = { initial: 'zero', epochs: 1 } as const;
  assert.equal(await foundBy('backprop', { settings: zero }), [
    [
      'dead-layer: hidden 1',
      'dead-layer: hidden 2',
      'zero-update: input to hidden 1',
      'zero-update: hidden 1 to hidden 2',
      'zero-update: hidden 2 to output',
    ],
  ]);
  // What the outputs send down does not go through the weights.
  assert.equal(await foundBy('direct-feedback-alignment', { settings: zero }), [[]]);
});

test('a rule that means to leave connections as they are is not blamed', async () => {
  assert.equal(await foundBy('shallow', { settings: { epochs: 1 } }), [[]]);
});

test('where every loss is zero, there was nothing to learn', () => {
  const { find } = GUARDS.find(({ name }) => name === 'zero-update')!;
  const connection = { name: 'a to b', isTaught: true, isUnchanged: true, size: 1, usualSize: 1 };
  const observed = { epoch: 1, images: 1, populations: [], connections: [connection] };
  assert.equal(find({ ...observed, trainLoss: 0 }), []);
  assert.is(find({ ...observed, trainLoss: 0.1 }).length, 1);
});

test('a learning rate of a million makes weights explode and layers saturate', async () => {
  const settings = { learningRate: 1e6, optimizer: 'sgd', epochs: 1 } as const;
  const records = await recordsOf(await trainerOf('backprop', { settings }));
  assert.is(records[0]!.diverged, undefined);
  assert.equal(found(records), [
    [
      'saturated-layer: hidden 1',
      'saturated-layer: hidden 2',
      'exploding-weights: input to hidden 1',
      'exploding-weights: hidden 1 to hidden 2',
      'exploding-weights: hidden 2 to output',
    ],
  ]);
  const [, , third] = records[0]!.guards!;
  assert.match(third!.sentence, /their root mean square after epoch 1 is \S+, [\d,]+ times what is usual$/);
});

test('weights that are not finite are told', () => {
  const { find } = GUARDS.find(({ name }) => name === 'exploding-weights')!;
  const observed = { epoch: 3, trainLoss: 1, images: 1, populations: [] };
  const connection = { name: 'a to b', isTaught: true, isUnchanged: false, usualSize: 0.5 };
  const sentences = (size: number) =>
    find({ ...observed, connections: [{ ...connection, size }] }).map(({ sentence }) => sentence);
  assert.equal(sentences(50), []);
  assert.match(sentences(50.1)[0]!, 'epoch 3 is 50.1, 100 times');
  assert.equal(sentences(Number.NaN), ['the weights of a to b explode: they are not finite after epoch 3']);
});

test('outputs at the ends of their range have learned classes', async () => {
  const settings = { loss: 'squared-error', outputActivation: 'sigmoid', epochs: 1 } as const;
  // At 0.00005, which is no silence.
  const trainer = await begun({ settings }, (states) => states.get('bias 3')!.values.fill(-10));
  const [first] = await recordsOf(trainer);
  assert.equal(found([first!]), [[]]);
});

test('a network with too few steps has not settled, and is at rest with enough', async () => {
  const run = (freeIterations: number) =>
    foundBy('equilibrium-propagation', { settings: { epochs: 1 }, options: { freeIterations } });
  const [early] = await run(1);
  assert.ok(early!.includes('unsettled: hidden 2'), String(early));
  assert.equal(await run(100), [[]]);
  const [clamped] = await foundBy('contrastive-hebbian', {
    settings: { epochs: 1 },
    options: { freeIterations: 1 },
  });
  assert.ok(clamped!.includes('unsettled: hidden 2'), String(clamped));
});

test('a run that goes on within an epoch finds what an undisturbed one does', async () => {
  const settings = { initial: 'zero', epochs: 3 } as const;
  const whole = await recordsOf(await trainerOf('backprop', { settings }));
  const stop = new AbortController();
  const stopped = await trainerOf('backprop', { settings });
  const progress = (done: number): void => {
    if (done >= 25) stop.abort(new Error('enough'));
  };
  const told: EpochRecord[] = [];
  try {
    for await (const record of stopped.epochs({ progress, signal: stop.signal })) told.push(record);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  assert.is(told.length, 1);
  const checkpoint = decodeCheckpoint(encodeCheckpoint(await stopped.save()), 'x');
  await stopped.dispose();
  const going = await trainerOf('backprop', { settings });
  await going.load(checkpoint);
  assert.equal(found(await recordsOf(going)), found(whole).slice(1));
  // What is not known is not judged, until an epoch later.
  const blind = await trainerOf('backprop', { settings });
  await blind.load({ ...checkpoint, epochStart: null });
  const [second, third] = found(await recordsOf(blind));
  assert.equal(second, ['dead-layer: hidden 1', 'dead-layer: hidden 2']);
  assert.equal(third, found(whole)[2]);
});

test('weights that stay as they are from a later epoch on are noticed then, in a run that goes on too', async () => {
  const settings = { activation: 'relu', epochs: 3 } as const;
  const first = await trainerOf('backprop', { settings });
  for await (const record of first.epochs()) {
    assert.is(record.guards, undefined);
    break;
  }
  const checkpoint = await first.save();
  await first.dispose();
  checkpoint.states.get('bias 2')!.values.fill(-1000);
  checkpoint.states.get('velocity of bias 2')?.values.fill(0);
  for (const name of ['velocity of weights 1', 'velocity of weights 2', 'velocity of bias 1'])
    checkpoint.states.get(name)?.values.fill(0);
  const going = await trainerOf('backprop', { settings });
  await going.load(checkpoint);
  assert.equal(found(await recordsOf(going))[0], [
    'dead-layer: hidden 2',
    'zero-update: input to hidden 1',
    'zero-update: hidden 1 to hidden 2',
  ]);
});

test('every guard says what it is', () => {
  for (const { name, description } of GUARDS) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.match(description, /^[A-Z].*\.$/);
  }
});

test.run();
