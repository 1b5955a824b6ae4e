import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Capabilities,
  type Device,
  type Executable,
  type Program,
  ReferenceDevice,
  UserError,
} from '../../kernels/index.ts';
import { writeCheckpoint } from '../../results/index.ts';
import { rulesFor } from '../../rules/index.ts';
import {
  buildTrainer,
  type EpochRecord,
  type SettingsInput,
  type Trainer,
  tinyDataset,
} from '../../training/index.ts';
import { openCpu, type PartsOptions, partsOf } from './parts.ts';

const test = suite('trainer');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-trainer-'));
test.after(() => rmSync(folder, { recursive: true }));

const trainerOf = async (rule: string, options: PartsOptions = {}): Promise<Trainer> =>
  buildTrainer(await partsOf(rule, { device: await openCpu(), ...options }));

type Timeless = Omit<EpochRecord, 'seconds' | 'evaluationSeconds' | 'examplesPerSecond'>;

const withoutTimes = ({ seconds, evaluationSeconds, examplesPerSecond, ...rest }: EpochRecord): Timeless =>
  rest;

async function finish(trainer: Trainer): Promise<{ records: Timeless[]; hash: string }> {
  const records: Timeless[] = [];
  for await (const record of trainer.epochs()) records.push(withoutTimes(record));
  const hash = await trainer.hashStates();
  await trainer.dispose();
  return { records, hash };
}

/** Any way to train on the tiny dataset for a few epochs. */
const anySettings = fc.record(
  {
    optimizer: fc.constantFrom('sgd', 'momentum', 'rmsprop', 'adam'),
    learningRate: fc.constantFrom(0.01, 0.003),
    schedule: fc.constantFrom('constant', 'linear', 'cosine'),
    weightDecay: fc.constantFrom(0, 1e-4),
    batch: fc.constantFrom(20, 30, 50),
  },
  { requiredKeys: ['optimizer', 'learningRate', 'schedule'] },
) as fc.Arbitrary<SettingsInput>;

const EPOCHS = 3;
const cases = rulesFor('classify').flatMap(({ name: rule }, i) =>
  fc
    .sample(
      fc.record({
        settings: anySettings,
        seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        saved: fc.integer({ min: 1, max: EPOCHS - 1 }),
      }),
      { numRuns: 2, seed: 17 + i },
    )
    // One image at a time takes long: the recipe's batch is varied only where it is larger.
    .map(({ settings, ...rest }) => ({
      rule,
      ...rest,
      options: {
        settings: rule === 'segregated-dendrite' ? { epochs: EPOCHS } : { ...settings, epochs: EPOCHS },
      },
    })),
);

test('any spec, saved after any epoch and loaded into a new process, ends with the bits of an undisturbed run', async () => {
  const wanted = [];
  for (const [i, { rule, seed, saved, options }] of cases.entries()) {
    const trainer = await trainerOf(rule, { seed, ...options });
    const records: Timeless[] = [];
    for await (const record of trainer.epochs()) {
      records.push(withoutTimes(record));
      if (record.epoch === saved) writeCheckpoint(join(folder, `${i}.safetensors`), await trainer.save());
    }
    wanted.push({ records: records.slice(saved), hash: await trainer.hashStates() });
    await trainer.dispose();
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const program = fileURLToPath(new URL('./go-on.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--import', 'tsx', program, folder], { encoding: 'utf8' });
  assert.is(child.status, 0, child.stderr);
  const seen = JSON.parse(readFileSync(join(folder, 'ends.json'), 'utf8'));
  for (const [i, one] of cases.entries())
    assert.equal(seen[i], JSON.parse(JSON.stringify(wanted[i])), `${JSON.stringify(one)}`);
});

test('a run that is stopped within an epoch goes on to the same bits and records', async () => {
  for (const rule of ['backprop', 'equilibrium-propagation']) {
    const settings = { epochs: 3, batch: 10 };
    const wanted = await finish(await trainerOf(rule, { settings }));
    const first = await trainerOf(rule, { settings });
    const stop = new AbortController();
    const records: Timeless[] = [];
    try {
      for await (const record of first.epochs({
        signal: stop.signal,
        progress: (done) => done >= 60 && stop.abort(new Error('enough')),
      }))
        records.push(withoutTimes(record));
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'enough');
    }
    // 400 examples in batches of 10 are 40 minibatches: the second epoch is half done.
    assert.is(records.length, 1);
    assert.ok(first.stepsDone >= 60 && first.stepsDone < 80, String(first.stepsDone));
    const second = await trainerOf(rule, { settings });
    await second.load(await first.save());
    const rest = await finish(second);
    assert.equal([...records, ...rest.records], wanted.records);
    assert.is(rest.hash, wanted.hash);
    await first.dispose();
  }
});

/** The cpu, which aborts at the first call of an evaluation, and tells how many there are. */
async function stoppingCpu(stop: AbortController, count: () => void): Promise<Device> {
  const cpu = await openCpu();
  return {
    info: cpu.info,
    capabilities: cpu.capabilities,
    allocate: (tensor) => cpu.allocate(tensor),
    write: (tensor, values) => cpu.write(tensor, values),
    read: (tensor) => cpu.read(tensor),
    liveBuffers: () => cpu.liveBuffers(),
    dispose: () => cpu.dispose(),
    compile: async (program) => {
      const executable = await cpu.compile(program);
      return {
        run: async (feed) => {
          await executable.run(feed);
          if (!program.name.startsWith('evaluation')) return;
          count();
          stop.abort(new Error('enough'));
        },
        dispose: () => executable.dispose(),
      };
    },
  };
}

test('a run that is stopped while it is evaluated goes on with the record of that epoch', async () => {
  const settings = { epochs: 3, batch: 100 };
  // More test examples than a minibatch of the evaluation holds: two calls an evaluation.
  const parts = async (device: Device) => {
    const own = await partsOf('backprop', { settings, device });
    const { images, labels } = own.dataset.train;
    const [count, twice] = [2 * images.count, <A extends Uint8Array>(a: A) => Uint8Array.from([...a, ...a])];
    const test = {
      images: { ...images, count, values: twice(images.values as Uint8Array) },
      labels: { ...labels!, count, values: twice(labels!.values as Uint8Array) },
    };
    return { ...own, dataset: { ...own.dataset, test } };
  };
  const wanted = await finish(await buildTrainer(await parts(await openCpu())));
  const stop = new AbortController();
  let evaluations = 0;
  const first = await buildTrainer(await parts(await stoppingCpu(stop, () => evaluations++)));
  const records: Timeless[] = [];
  try {
    for await (const record of first.epochs({ signal: stop.signal })) records.push(withoutTimes(record));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'enough');
  }
  assert.is(records.length, 0);
  assert.is(evaluations, 1);
  const checkpoint = await first.save();
  assert.is(checkpoint.step, 4);
  assert.is(checkpoint.epochs, 0);
  assert.ok(checkpoint.epochSeconds > 0);
  const second = await buildTrainer(await parts(await openCpu()));
  await second.load(checkpoint);
  const rest = await finish(second);
  assert.equal(rest.records, wanted.records);
  assert.is(rest.hash, wanted.hash);
  await first.dispose();
});

test('calls of a device that takes fewer steps are short once its speed is known, and change no bit', async () => {
  const calls = async (capabilities: Capabilities, ms: number) => {
    const steps: number[] = [];
    class SlowDevice extends ReferenceDevice {
      override readonly capabilities = capabilities;
      override async compile(program: Program): Promise<Executable> {
        const executable = await super.compile(program);
        if (program.name !== 'step') return executable;
        return {
          run: async (feed) => {
            steps.push(feed.steps);
            await executable.run(feed);
            await new Promise((resolve) => setTimeout(resolve, ms * feed.steps));
          },
          dispose: () => executable.dispose(),
        };
      }
    }
    const parts = await partsOf('backprop', {
      settings: { epochs: 1, batch: 20 },
      device: new SlowDevice(),
    });
    return { steps, end: await finish(await buildTrainer(parts)) };
  };
  const replicas = () => 1;
  const whole = await calls({ stepsPerCall: 20, replicas }, 0);
  assert.equal(whole.steps, [20]);
  const short = await calls({ stepsPerCall: 20, takesFewerSteps: true, replicas }, 100);
  assert.is(
    short.steps.reduce((sum, n) => sum + n, 0),
    20,
  );
  assert.is(short.steps[0], 1);
  // 100 ms a step, and no more than 250 a call.
  assert.ok(short.steps.every((n) => n <= 2));
  assert.equal(short.end, whole.end);
});

for (const { name: rule } of rulesFor('classify'))
  test(`${rule}: a diagnostic, an evaluation or a validation split more changes no bit of training`, async () => {
    const settings = { epochs: 2 };
    const plain = await finish(await trainerOf(rule, { settings }));
    const parts = await partsOf(rule, { settings, diagnostics: ['all'], device: await openCpu() });
    const more = await buildTrainer({
      ...parts,
      // The same training examples, more to evaluate on, and another test split.
      dataset: { ...parts.dataset, validation: parts.dataset.test, test: parts.dataset.train },
    });
    const images = new Float32Array(3 * 36).fill(0.5);
    await more.predict(images);
    const records: Timeless[] = [];
    for await (const record of more.epochs()) {
      await more.predict(images);
      records.push(withoutTimes(record));
    }
    assert.is(await more.hashStates(), plain.hash);
    await more.dispose();
    assert.equal(
      records.map(({ trainLoss, trainScore }) => [trainLoss, trainScore]),
      plain.records.map(({ trainLoss, trainScore }) => [trainLoss, trainScore]),
    );
    assert.ok(records.every(({ validationScore }) => typeof validationScore === 'number'));
  });

test('a checkpoint of another run is refused', async () => {
  const trainer = await trainerOf('backprop');
  const checkpoint = await trainer.save();
  const says = (pattern: RegExp) => (error: Error) =>
    error instanceof UserError && pattern.test(error.message);
  const refuses = async (options: PartsOptions, rule = 'backprop') => {
    const other = await trainerOf(rule, options);
    try {
      await other.load(checkpoint);
      assert.unreachable(JSON.stringify(options));
    } catch (error) {
      assert.ok(says(/belongs to another run/)(error as Error), (error as Error).message);
    }
    await other.dispose();
  };
  await refuses({ seed: 2 });
  await refuses({ settings: { epochs: 3 } });
  await refuses({ settings: { learningRate: 0.2 } });
  await refuses({ task: 'probe:hidden 1' });
  await refuses({}, 'shallow');
  // What no bit of training depends on does not matter.
  const same = await trainerOf('backprop', { label: 'another label', diagnostics: ['all'] });
  await same.load(checkpoint);
  await same.dispose();
  try {
    await trainer.load({ ...checkpoint, states: new Map() });
    assert.unreachable();
  } catch (error) {
    assert.ok(says(/checkpoint is damaged: it lacks 'weights 1'/)(error as Error), (error as Error).message);
  }
  await trainer.dispose();
});

test('predictions are the answers that the test score counts', async () => {
  const { test: split, classes } = tinyDataset();
  const trainer = await trainerOf('backprop', { settings: { epochs: 1 } });
  let score = Number.NaN;
  for await (const { testScore } of trainer.epochs()) score = testScore!;
  const pixels = Float32Array.from(split.images.values, (byte) => byte / 255);
  const answers = await trainer.predict(pixels);
  await trainer.dispose();
  let wrong = 0;
  for (let i = 0; i < split.images.count; i++) {
    const own = [...answers.subarray(i * classes, (i + 1) * classes)];
    wrong += Number(own.indexOf(Math.max(...own)) !== split.labels!.values[i]);
  }
  assert.is((100 * wrong) / split.images.count, score);
});

for (const { name: rule } of rulesFor('classify'))
  test(`${rule}: what is measured between minibatches moves no bit, and is what the record has`, async () => {
    const settings = { epochs: 2 };
    const undisturbed = await finish(await trainerOf(rule, { settings, diagnostics: ['all'] }));
    const trainer = await trainerOf(rule, { settings, diagnostics: ['all'] });
    const { initialHash, orderHash } = trainer.start;
    await trainer.measure();
    const records: Timeless[] = [];
    for await (const record of trainer.epochs({ progress: () => trainer.measure() })) {
      const { testScore, diagnostics } = await trainer.measure();
      assert.equal(
        { testScore, diagnostics },
        { testScore: record.testScore, diagnostics: record.diagnostics },
      );
      records.push(withoutTimes(record));
    }
    assert.equal({ records, hash: await trainer.hashStates() }, undisturbed);
    assert.equal([records[0]!.initialHash, records[0]!.orderHash], [initialHash, orderHash]);
    await trainer.dispose();
  });

test('a run that diverges leaves a record of the epoch in which it did', async () => {
  const settings = {
    epochs: 4,
    learningRate: 1e30,
    activation: 'relu',
    loss: 'squared-error',
    outputActivation: 'linear',
  } as const;
  const { records } = await finish(await trainerOf('backprop', { settings }));
  assert.is(records.length, 1);
  assert.match(
    records[0]!.diverged!,
    /the training loss became (NaN|Infinity) in epoch 1, within \d+ minibatches/,
  );
  assert.is(records[0]!.testScore, null);
  assert.is(records[0]!.trainLoss, null);
});

test('the order of an epoch depends on the seed and the epoch alone', async () => {
  // Ten examples, one a minibatch: the losses of the first epoch tell the order apart.
  const losses = async (epochs: number) =>
    (
      await finish(await trainerOf('backprop', { settings: { epochs, batch: 20, schedule: 'constant' } }))
    ).records.map(({ trainLoss }) => trainLoss);
  const [two, four] = [await losses(2), await losses(4)];
  assert.equal(two, four.slice(0, 2));
});

test.run();
