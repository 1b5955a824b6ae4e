import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Device, UserError } from '../../kernels/index.ts';
import {
  buildTrainer,
  type EpochRecord,
  type EpochsOptions,
  type SettingsInput,
  type Trainer,
} from '../../training/index.ts';
import { openCpu, partsOf } from './parts.ts';

/** Runs that use up a budget of multiply-accumulates or seconds. */
const test = suite('spent budgets');

/** The time of a clock that only the test moves, in ms. */
let now = 0;
const real = performance.now;
test.before.each(() => {
  performance.now = () => now;
});
test.after.each(() => {
  performance.now = real;
});

/** The cpu, with one minibatch in a call, each of which takes so many ms of the clock. */
async function timedCpu(ms: number): Promise<Device> {
  const cpu = await openCpu();
  return {
    info: cpu.info,
    capabilities: { stepsPerCall: 1, replicas: () => 1 },
    allocate: (tensor) => cpu.allocate(tensor),
    write: (tensor, values) => cpu.write(tensor, values),
    read: (tensor) => cpu.read(tensor),
    liveBuffers: () => cpu.liveBuffers(),
    dispose: () => cpu.dispose(),
    compile: async (program) => {
      const executable = await cpu.compile(program);
      return {
        run: async (feed) => {
          // Evaluation takes long, and must not count.
          now += program.name === 'step' ? ms * feed.steps : 1e6;
          await executable.run(feed);
        },
        dispose: () => executable.dispose(),
      };
    },
  };
}

/** A minibatch takes 1/128 s, whose multiples have no rounding; there are 20 in an epoch. */
const MS = 1000 / 128;

const trainerOf = async (settings: SettingsInput, ms = MS): Promise<Trainer> =>
  buildTrainer(await partsOf('backprop', { settings, device: await timedCpu(ms) }));

async function train(trainer: Trainer, options: EpochsOptions = {}): Promise<EpochRecord[]> {
  const records: EpochRecord[] = [];
  for await (const record of trainer.epochs(options)) records.push(record);
  return records;
}

const timeless = ({ seconds, evaluationSeconds, examplesPerSecond, ...rest }: EpochRecord) => rest;

/** 36-8-6-4 in batches of 20: forward and weights of three layers, errors of two. */
const COST = 20 * (2 * (36 * 8 + 8 * 6 + 6 * 4) + 8 * 6 + 6 * 4);

test('a budget of multiply-accumulates is used up in whole minibatches', async () => {
  const records = await train(await trainerOf({ multiplyAccumulates: 27.9 * COST }));
  assert.equal(
    records.map(({ examples, multiplyAccumulates }) => [examples, multiplyAccumulates]),
    [
      [400, 20 * COST],
      [540, 27 * COST],
    ],
  );
});

test('over a budget of multiply-accumulates the learning rate falls as over as many epochs', async () => {
  const [byCost, byEpochs] = [
    await trainerOf({ multiplyAccumulates: 40.9 * COST, schedule: 'linear' }),
    await trainerOf({ epochs: 2, schedule: 'linear' }),
  ];
  assert.is(byCost.stepsTotal, 40);
  assert.equal((await train(byCost)).map(timeless), (await train(byEpochs)).map(timeless));
  assert.is(await byCost.hashStates(), await byEpochs.hashStates());
});

test('a budget that is not enough for one minibatch is refused', async () => {
  try {
    await trainerOf({ multiplyAccumulates: COST - 1 });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, `one minibatch takes ${COST.toLocaleString('en-US')}, more than`);
  }
});

test('a run by the clock ends when its seconds are used up, and records the epoch that it is in', async () => {
  const trainer = await trainerOf({ seconds: 25 / 128 });
  const totals: number[] = [];
  const records = await train(trainer, { progress: (_, total) => totals.push(total) });
  assert.equal(
    records.map(({ epoch, examples, seconds }) => [epoch, examples, seconds]),
    [
      [1, 400, 20 / 128],
      [2, 500, 5 / 128],
    ],
  );
  assert.ok(records.every(({ testScore }) => typeof testScore === 'number'));
  assert.is(trainer.stepsDone, 25);
  // At a steady speed the estimate is right from the first minibatch on.
  assert.equal(totals, Array(25).fill(25));
  assert.equal(await train(trainer), []);
});

test('the time may be used up with an epoch, and one minibatch is always done', async () => {
  assert.equal(
    (await train(await trainerOf({ seconds: 40 / 128 }))).map(({ examples }) => examples),
    [400, 800],
  );
  assert.equal(
    (await train(await trainerOf({ seconds: 1e-9 }))).map(({ examples }) => examples),
    [20],
  );
});

test('a run that goes on has the seconds that are left', async () => {
  const settings = { seconds: 25 / 128 };
  const wanted = await trainerOf(settings);
  const records = await train(wanted);
  for (const stopAt of [5, 20, 22]) {
    const first = await trainerOf(settings);
    const stop = new AbortController();
    const before: EpochRecord[] = [];
    try {
      for await (const record of first.epochs({
        signal: stop.signal,
        progress: (done) => done === stopAt && stop.abort(new Error('enough')),
      }))
        before.push(record);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'enough');
    }
    const second = await trainerOf(settings);
    await second.load(await first.save());
    const after = await train(second);
    assert.equal([...before, ...after].map(timeless), records.map(timeless), String(stopAt));
    assert.is(await second.hashStates(), await wanted.hashStates());
    // After the last record nothing is left.
    const third = await trainerOf(settings);
    await third.load(await second.save());
    assert.equal(await train(third), []);
  }
});

test('epochs that are recorded are as long as they were when they are trained again', async () => {
  const settings = { seconds: 45 / 128 };
  const first = await trainerOf(settings);
  const recorded = await train(first);
  assert.equal(
    recorded.map(({ examples }) => examples),
    [400, 800, 900],
  );
  // Twice as fast, or three times slower.
  for (const ms of [MS / 2, 3 * MS]) {
    const again = await trainerOf(settings, ms);
    assert.equal((await train(again, { recorded })).map(timeless), recorded.map(timeless));
    assert.is(await again.hashStates(), await first.hashStates());
    // One of the epochs was recorded: 25 / 128 s are left, for 50 minibatches or for 9.
    const rest = await trainerOf(settings, ms);
    const records = await train(rest, { recorded: recorded.slice(0, 1) });
    assert.is(records.at(-1)!.examples, 400 + 20 * (ms < MS ? 50 : 9));
  }
});

test('a run by the clock that diverges has ended', async () => {
  const linear = { activation: 'linear', loss: 'squared-error', outputActivation: 'linear' } as const;
  const trainer = await trainerOf({ seconds: 1, learningRate: 1e30, ...linear });
  const records = await train(trainer);
  assert.is(records.length, 1);
  assert.match(records[0]!.diverged!, /the training loss became/);
  assert.equal(await train(trainer), []);
});

test.run();
