import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openGpuDevice, openGpuReplicas } from '../../devices/gpu.ts';
import { library } from '../../devices/gpu-js.ts';
import { GpuDevice, Platform } from '../../kernels/gpu/device.ts';
import { type Device, type Executable, Kernels, RandomStream, type Table } from '../../kernels/index.ts';
import { gpuBackends } from './gpu-backends.ts';

const SEEDS = [3, 7, 8];
const BATCH = 4;
const EXAMPLES = 40;
const STEPS = 9;

const stream = new RandomStream(1, 'images');
const images: Table = {
  name: 'images',
  count: EXAMPLES,
  columns: 50,
  values: Uint8Array.from({ length: 50 * EXAMPLES }, () => stream.integer(256)),
  encoding: 'scaled',
  scale: 1 / 255,
};

interface Learner {
  readonly step: Executable;
  values(): Promise<Float32Array[]>;
  run(firstStep: number, steps: number): Promise<void>;
}

/** Everything that seeds decide: initial weights, random fills, host scalars, the order of the examples. */
async function learner(device: Device, seed: number): Promise<Learner> {
  const k = new Kernels(device, seed);
  const initial = new RandomStream(seed, 'weights');
  const weights = k.state('weights', 50, 6, initial.normal(300, 0, 0.2));
  const back = k.state('back', 50, 6, initial.normal(300, 0, 0.2));
  const total = k.state('total', 1, 1);
  const store = k.rowStore('store', EXAMPLES, 6);
  const step = await k.trace('learn', () => {
    const rate = k.hostScalar('rate', (info) => -0.01 * (1 + (seed % 5) + info.step));
    const input = k.gather(images, BATCH);
    const before = k.gather(store, BATCH);
    const sum = k.map((x) => x, before);
    k.repeat(3, (iteration) => {
      const noise = k.normal('noise', BATCH, 6, 0, 0.1);
      const drive = k.matmul(input, weights);
      k.mapInto(sum, (s, d, z, i) => Math.tanh(0.5 * s + d + z + 0.1 * i), sum, drive, noise, iteration);
    });
    const kept = k.bernoulli(
      'kept',
      k.map((x) => x, k.softmax(sum)),
    );
    const reached = k.matmul(k.matmul(sum, back, { transposeB: true }), k.transpose(back), {
      transposeB: true,
    });
    k.scatter(store, reached);
    k.sum(kept, { over: 'all', into: total, accumulate: true });
    k.matmul(input, sum, { transposeA: true, scale: rate, into: weights, accumulate: true });
  });
  const order = new RandomStream(seed, 'order').shuffle(Uint32Array.from({ length: EXAMPLES }, (_, i) => i));
  return {
    step,
    values: async () => [await device.read(weights), await device.read(total), store.values.slice()],
    run: (firstStep, steps) =>
      step.run({ steps, firstStep, rows: order.slice(firstStep * BATCH, (firstStep + steps) * BATCH) }),
  };
}

async function alone(device: Device, seed: number, steps: number): Promise<Float32Array[]> {
  const single = await learner(device, seed);
  await single.run(0, steps);
  const values = await single.values();
  await device.dispose();
  return values;
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing failed');
}

for (const { backend, skip } of await gpuBackends()) {
  const check = skip ? test.skip : test;

  check(`${backend}: seeds in lockstep have the bits of seeds on their own`, async () => {
    const devices = await openGpuReplicas(backend, SEEDS.length);
    const learners = await Promise.all(SEEDS.map((seed, i) => learner(devices[i]!, seed)));
    await Promise.all(learners.map((one) => one.run(0, 4)));
    await Promise.all(learners.map((one) => one.run(4, STEPS - 4)));
    for (const [i, seed] of SEEDS.entries()) {
      const want = await alone(await openGpuDevice(backend), seed, STEPS);
      assert.equal(await learners[i]!.values(), want, `seed ${seed}`);
      assert.ok(want.every((values) => values.every(Number.isFinite) && values.some((v) => v !== 0)));
    }
    for (const device of devices) await device.dispose();
    assert.equal(
      devices.map((device) => device.liveBuffers()),
      [0, 0, 0],
    );
  });

  check(`${backend}: a seed that leaves holds nobody up`, async () => {
    const devices = await openGpuReplicas(backend, SEEDS.length);
    const learners = await Promise.all(SEEDS.map((seed, i) => learner(devices[i]!, seed)));
    await Promise.all(learners.map((one) => one.run(0, 4)));
    // The others ask first, and wait.
    const rest = [learners[0]!.run(4, 5), learners[2]!.run(4, 5)];
    await devices[1]!.dispose();
    await Promise.all(rest);
    for (const i of [0, 2])
      assert.equal(
        await learners[i]!.values(),
        await alone(await openGpuDevice(backend), SEEDS[i]!, STEPS),
        `seed ${SEEDS[i]}`,
      );
    await Promise.all([devices[0]!.dispose(), devices[2]!.dispose()]);
  });
}

test('a chunk of all seeds is one call of one plan', async () => {
  let calls = 0;
  class Counting extends library.GPU {
    override createPipeline(...given: never[]): never {
      const plan = (super.createPipeline as (...all: never[]) => (...inputs: never[]) => unknown)(...given);
      const counted = (...inputs: never[]) => {
        calls++;
        return plan(...inputs);
      };
      return new Proxy(plan, { apply: (_, __, inputs) => counted(...(inputs as never[])) }) as never;
    }
  }
  const platform = new Platform({ ...library, GPU: Counting as typeof library.GPU }, 'webasm', 'test');
  const devices = SEEDS.map(() => new GpuDevice(platform));
  const learners = await Promise.all(SEEDS.map((seed, i) => learner(devices[i]!, seed)));
  await Promise.all(learners.map((one) => one.run(0, 5)));
  assert.is(calls, 1);
  await Promise.all(devices.map((device) => device.dispose()));
});

test('traces that differ in more than seeds are refused', async () => {
  const devices = await openGpuReplicas('cpu', 2);
  const counters = await Promise.all(
    devices.map((device, i) => {
      const k = new Kernels(device, i);
      const state = k.state('state', 1, 1);
      return k.trace('count', () => {
        k.mapInto(state, (x, by) => x + by, state, i);
      });
    }),
  );
  const feed = { steps: 1, firstStep: 0, rows: new Uint32Array(0) };
  const messages = await Promise.all(counters.map((counter) => failure(counter.run(feed))));
  assert.match(messages[0]!, /'count' differ in more than their seeds/);
  assert.is(messages[1], messages[0]);
  await Promise.all(devices.map((device) => device.dispose()));
});

test('runs that are out of step are refused', async () => {
  const devices = await openGpuReplicas('cpu', 2);
  const learners = await Promise.all(devices.map((device, i) => learner(device, i)));
  const messages = await Promise.all([failure(learners[0]!.run(0, 2)), failure(learners[1]!.run(0, 1))]);
  assert.match(messages[0]!, /out of step/);
  await Promise.all(devices.map((device) => device.dispose()));
});

test.run();
