import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { denseMemoryNetwork, type NetworkKind, patchAttentionNetwork } from '../../networks/index.ts';
import { rulesFor } from '../../rules/index.ts';
import { buildTrainer, type EpochRecord, epochOrder, type Trainer } from '../../training/index.ts';
import { openCpu, type PartsOptions, partsOf } from './parts.ts';

/** What runs of one seed are told to share. */

async function train(rule: string, options: PartsOptions = {}): Promise<EpochRecord[]> {
  const settings = options.settings?.epochs ? options.settings : { examples: 20, ...options.settings };
  const trainer = await buildTrainer(await partsOf(rule, { device: await openCpu(), ...options, settings }));
  return recordsOf(trainer);
}

async function recordsOf(trainer: Trainer): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs()) records.push(record);
  await trainer.dispose();
  return records;
}

const sha256 = (bytes: NodeJS.ArrayBufferView | string): string =>
  createHash('sha256').update(bytes).digest('hex');

test('the hashes are those of the bytes of the first weights and of the first order', async () => {
  const trainer = await buildTrainer(await partsOf('feedback-alignment', { device: await openCpu() }));
  const lines: string[] = [];
  for (const name of ['bias 1', 'bias 2', 'bias 3', 'weights 1', 'weights 2', 'weights 3'])
    lines.push(`${name} ${sha256(await trainer.read(trainer.states.get(name)!))}`);
  const [first] = await recordsOf(trainer);
  assert.is(first!.initialHash, sha256(lines.join('\n')));
  assert.is(first!.orderHash, sha256(epochOrder(1, 0, 400)));
});

/** Kinds of networks whose layers are not fully connected ones with biases. */
const OTHERS: readonly NetworkKind[] = [denseMemoryNetwork, patchAttentionNetwork];

test('every rule begins with the same weights and order, where seed, layers and distribution are the same', async () => {
  const settings = { initial: 'glorot-uniform' } as const;
  const own: string[] = [];
  for (const { name } of rulesFor('classify').filter(({ network }) => !OTHERS.includes(network))) {
    const [record] = await train(name, { settings });
    own.push(`${record!.initialHash} ${record!.orderHash}`);
  }
  assert.is(new Set(own).size, 1, own.join('\n'));
});

test('another seed has other hashes, other layers and another distribution have other weights in the same order', async () => {
  const [one] = await train('backprop');
  const [seed] = await train('backprop', { seed: 2 });
  const [layers] = await train('backprop', { settings: { layers: [36, 8, 7, 4] } });
  const [initial] = await train('backprop', { settings: { initial: 'he-normal' } });
  const [batch] = await train('backprop', { settings: { batch: 50, learningRate: 0.01 } });
  assert.is(new Set([one, seed, layers, initial].map((record) => record!.initialHash)).size, 4);
  assert.is(batch!.initialHash, one!.initialHash);
  for (const record of [layers, initial, batch]) assert.is(record!.orderHash, one!.orderHash);
  assert.is.not(seed!.orderHash, one!.orderHash);
});

test('they are in the first record alone, and those of the start in a run that goes on within the first epoch', async () => {
  const settings = { epochs: 2 };
  const [first, second] = await train('backprop', { settings });
  assert.not('initialHash' in second! || 'orderHash' in second!);
  const stop = new AbortController();
  const stopped = await buildTrainer(await partsOf('backprop', { device: await openCpu(), settings }));
  const progress = (done: number): void => {
    if (done >= 5) stop.abort(new Error('enough'));
  };
  try {
    for await (const _ of stopped.epochs({ progress, signal: stop.signal })) break;
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  const going = await buildTrainer(await partsOf('backprop', { device: await openCpu(), settings }));
  await going.load(await stopped.save());
  await stopped.dispose();
  const [resumed] = await recordsOf(going);
  assert.equal([resumed!.initialHash, resumed!.orderHash], [first!.initialHash, first!.orderHash]);
});

test.run();
