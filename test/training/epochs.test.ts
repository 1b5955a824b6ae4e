import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Executable, type Program, ReferenceDevice } from '../../kernels/index.ts';
import { buildTrainer, type EpochRecord } from '../../training/index.ts';
import { type PartsOptions, partsOf } from './parts.ts';

/** What an epoch shows and reports. */

/** Notes the examples of every training step. */
class NotingDevice extends ReferenceDevice {
  readonly shown: number[] = [];

  override async compile(program: Program): Promise<Executable> {
    const executable = await super.compile(program);
    if (program.name !== 'step') return executable;
    return {
      run: (feed) => {
        this.shown.push(...feed.rows);
        return executable.run(feed);
      },
      dispose: () => executable.dispose(),
    };
  }
}

const EXAMPLES = 400;

async function train(options: PartsOptions): Promise<{ records: EpochRecord[]; orders: number[][] }> {
  const device = new NotingDevice();
  const trainer = await buildTrainer(await partsOf('backprop', { ...options, device }));
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs()) records.push(record);
  await trainer.dispose();
  const orders = records.map((_, e) => device.shown.slice(e * EXAMPLES, (e + 1) * EXAMPLES));
  return { records, orders };
}

test('each epoch shows every example once, in an order of its own, and another seed in others', async () => {
  const { orders } = await train({ settings: { epochs: 2 } });
  const other = await train({ settings: { epochs: 2 }, seed: 2 });
  const all = [...orders, ...other.orders];
  for (const order of all)
    assert.equal(
      [...order].sort((a, b) => a - b),
      Array.from({ length: EXAMPLES }, (_, i) => i),
    );
  assert.is(new Set(all.map(String)).size, 4);
});

test('loss and score of an epoch are means over its own examples', async () => {
  // Weights hardly move, so that every epoch has the same loss and the same score.
  const settings = { epochs: 3, learningRate: 1e-12, optimizer: 'sgd' } as const;
  const [first, ...later] = (await train({ settings })).records;
  for (const { trainLoss, trainScore } of later) {
    assert.ok(Math.abs(trainLoss! - first!.trainLoss!) < 1e-6 * first!.trainLoss!, `${trainLoss}`);
    assert.is(trainScore, first!.trainScore);
  }
});

test.run();
