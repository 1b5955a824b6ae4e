import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openGpuDevice, openGpuReplicas } from '../../devices/gpu.ts';
import { library } from '../../devices/gpu-js.ts';
import { GpuDevice, Platform } from '../../kernels/gpu/device.ts';
import { openDriver } from '../../kernels/gpu/driver.ts';
import type { Driver, DriverBuffer, GpuLibrary, Plan } from '../../kernels/gpu/library.ts';
import { planCosts } from '../../kernels/gpu/plan-costs.ts';
import { GPU_JS_VERSION } from '../../kernels/gpu/plan-states.ts';
import {
  type Device,
  type Executable,
  Kernels,
  type Program,
  RandomStream,
  type Table,
  type Tensor,
  UserError,
} from '../../kernels/index.ts';
import { gpuBackends } from './gpu-backends.ts';

const [BATCH, EXAMPLES, PIXELS, UNITS, STEPS] = [2, 12, 9, 4, 5];

const images: Table = {
  name: 'images',
  count: EXAMPLES,
  columns: PIXELS,
  values: Uint8Array.from({ length: EXAMPLES * PIXELS }, (_, i) => (i * 37) % 256),
  encoding: 'scaled',
  scale: 1 / 255,
};

/** A network that learns, and a program of its own that adds up what it answers. */
interface Network {
  readonly weights: Tensor;
  readonly velocity: Tensor;
  readonly answers: Tensor;
  readonly learning: Executable;
  readonly scoring: Executable;
}

async function makeNetwork(device: Device, { seed = 1, withStore = false } = {}): Promise<Network> {
  const k = new Kernels(device, seed);
  const initial = new RandomStream(seed, 'weights').normal(PIXELS * UNITS, 0, 0.3);
  const weights = k.state('weights', PIXELS, UNITS, initial);
  const velocity = k.state('velocity', PIXELS, UNITS);
  const answers = k.state('answers', 1, UNITS);
  const store = withStore ? k.rowStore('store', EXAMPLES, UNITS) : null;
  const respond = (input: Tensor): Tensor => k.map((x) => Math.tanh(x), k.matmul(input, weights));
  const learning = await k.trace('learning', () => {
    const input = k.gather(images, BATCH);
    const answer = respond(input);
    if (store) k.scatter(store, answer);
    k.mapInto(velocity, (v) => 0.9 * v, velocity);
    k.matmul(input, answer, { transposeA: true, scale: -0.1, into: velocity, accumulate: true });
    k.mapInto(weights, (w, v) => w + v, weights, velocity);
  });
  const scoring = await k.trace('scoring', () => {
    k.sum(respond(k.gather(images, BATCH)), { over: 'rows', into: answers, accumulate: true });
  });
  return { weights, velocity, answers, learning, scoring };
}

/** Chunk `number` of an executable. */
const run = (executable: Executable, number: number): Promise<void> =>
  executable.run({
    steps: STEPS,
    firstStep: number * STEPS,
    rows: Uint32Array.from({ length: STEPS * BATCH }, (_, i) => (number * STEPS * BATCH + i) % EXAMPLES),
  });

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing failed');
}

/** The same, computed on the host; `chunks` are what runs, or values that are written to the weights. */
function expected(chunks: readonly ('learning' | 'scoring' | Float32Array)[], seed = 1) {
  const weights = new RandomStream(seed, 'weights').normal(PIXELS * UNITS, 0, 0.3);
  const [velocity, answers] = [new Float32Array(PIXELS * UNITS), new Float32Array(UNITS)];
  const counts = { learning: 0, scoring: 0 };
  const pixel = (row: number, j: number): number => images.values[row * PIXELS + j]! * images.scale;
  const respond = (row: number, u: number): number => {
    let sum = 0;
    for (let j = 0; j < PIXELS; j++) sum += pixel(row, j) * weights[j * UNITS + u]!;
    return Math.tanh(sum);
  };
  for (const chunk of chunks) {
    if (typeof chunk !== 'string') {
      weights.set(chunk);
      continue;
    }
    const first = counts[chunk]++ * STEPS;
    for (let step = first; step < first + STEPS; step++) {
      const rows = Array.from({ length: BATCH }, (_, i) => (step * BATCH + i) % EXAMPLES);
      const answer = rows.map((row) => Array.from({ length: UNITS }, (_, u) => respond(row, u)));
      for (let u = 0; u < UNITS; u++) {
        if (chunk === 'scoring') answers[u]! += answer.reduce((all, one) => all + one[u]!, 0);
        else
          for (let j = 0; j < PIXELS; j++) {
            const at = j * UNITS + u;
            const slope = rows.reduce((all, row, i) => all + pixel(row, j) * answer[i]![u]!, 0);
            velocity[at] = 0.9 * velocity[at]! - 0.1 * slope;
          }
      }
      if (chunk === 'learning') for (const [i, v] of velocity.entries()) weights[i]! += v;
    }
  }
  return { weights, velocity, answers };
}

async function check(
  device: Device,
  network: Network,
  chunks: Parameters<typeof expected>[0],
  seed = 1,
): Promise<void> {
  const want = expected(chunks, seed);
  for (const name of ['weights', 'velocity', 'answers'] as const) {
    const got = await device.read(network[name]);
    for (const [i, value] of want[name].entries())
      assert.ok(
        Math.abs(got[i]! - value) < 1e-5 * (1 + Math.abs(value)),
        `seed ${seed}, ${name}: element ${i} is ${got[i]} instead of ${value}`,
      );
  }
}

const backends = await gpuBackends();

for (const { backend, skip } of backends) {
  const checked = skip ? test.skip : test;

  checked(`${backend}: what one program changes another one reads`, async () => {
    const device = await openGpuDevice(backend);
    const network = await makeNetwork(device);
    await run(network.learning, 0);
    await run(network.scoring, 0);
    await check(device, network, ['learning', 'scoring']);
    await run(network.learning, 1);
    await run(network.scoring, 1);
    await check(device, network, ['learning', 'scoring', 'learning', 'scoring']);
    await device.dispose();
  });

  checked(`${backend}: what is written between chunks is seen`, async () => {
    const device = await openGpuDevice(backend);
    const network = await makeNetwork(device);
    await run(network.learning, 0);
    const written = new Float32Array(PIXELS * UNITS).fill(0.25);
    await device.write(network.weights, written);
    written.fill(7); // the device has a copy
    assert.equal([...(await device.read(network.weights))], Array(PIXELS * UNITS).fill(0.25));
    await run(network.learning, 1);
    await check(device, network, ['learning', new Float32Array(PIXELS * UNITS).fill(0.25), 'learning']);
    await device.dispose();
  });

  checked(`${backend}: states outlive the executables that changed them`, async () => {
    const device = await openGpuDevice(backend);
    const network = await makeNetwork(device);
    await run(network.learning, 0);
    network.learning.dispose();
    await run(network.scoring, 0);
    await check(device, network, ['learning', 'scoring']);
    await device.dispose();
  });

  checked(`${backend}: seeds keep their states when another one leaves`, async () => {
    const devices = await openGpuReplicas(backend, 3);
    const networks = await Promise.all(devices.map((device, i) => makeNetwork(device, { seed: i + 1 })));
    const all = (name: 'learning' | 'scoring', number: number, who = [0, 1, 2]): Promise<unknown> =>
      Promise.all(who.map((i) => run(networks[i]![name], number)));
    await all('learning', 0);
    for (const i of [0, 1, 2]) await check(devices[i]!, networks[i]!, ['learning'], i + 1);
    const written = new Float32Array(PIXELS * UNITS).fill(0.25);
    await devices[2]!.write(networks[2]!.weights, written);
    await devices[1]!.dispose();
    for (const [i, chunks] of [
      [0, ['learning']],
      [2, ['learning', written]],
    ] as const)
      await check(devices[i]!, networks[i]!, chunks, i + 1);
    await all('scoring', 0, [0, 2]);
    await all('learning', 1, [0, 2]);
    await check(devices[0]!, networks[0]!, ['learning', 'scoring', 'learning'], 1);
    await check(devices[2]!, networks[2]!, ['learning', written, 'scoring', 'learning'], 3);
    for (const i of [0, 2]) await devices[i]!.dispose();
    assert.equal(
      devices.map((device) => device.liveBuffers()),
      [0, 0, 0],
    );
  });

  checked(`${backend}: a state of another device is refused`, async () => {
    const devices = await openGpuReplicas(backend, 2);
    const foreign = new Kernels(devices[1]!, 1).state('foreign', 1, 1);
    const k = new Kernels(devices[0]!, 1);
    const trace = k.trace('step', () => k.mapInto(foreign, (x) => x + 1, foreign));
    assert.match((await failure(trace)).message, /'step' uses the state 'foreign' of another device/);
    assert.match((await failure(devices[0]!.read(foreign))).message, /holds no state 'foreign'/);
    for (const device of devices) await device.dispose();
  });
}

/** What goes through WebGPU. */
interface Traffic {
  sent: number;
  readBack: number;
  readonly live: Set<DriverBuffer>;
  stop(): void;
}

function watchTraffic(driver: Driver): Traffic {
  const traffic: Traffic = { sent: 0, readBack: 0, live: new Set(), stop: () => {} };
  const probe = driver.createBuffer({ size: 4, usage: 8 });
  const [queue, device, buffers] = [driver.queue, driver, probe].map((one) => Object.getPrototypeOf(one));
  probe.destroy();
  const { writeBuffer } = queue;
  const { createBuffer } = device;
  const { mapAsync, destroy } = buffers;
  queue.writeBuffer = function (...given: [DriverBuffer, number, ArrayBufferView]) {
    traffic.sent += given[2].byteLength;
    return writeBuffer.apply(this, given);
  };
  device.createBuffer = function (...given: unknown[]) {
    const made = createBuffer.apply(this, given);
    traffic.live.add(made);
    return made;
  };
  buffers.mapAsync = function (...given: unknown[]) {
    traffic.readBack += this.size;
    return mapAsync.apply(this, given);
  };
  buffers.destroy = function () {
    traffic.live.delete(this);
    return destroy.apply(this);
  };
  traffic.stop = () => {
    Object.assign(queue, { writeBuffer });
    Object.assign(device, { createBuffer });
    Object.assign(buffers, { mapAsync, destroy });
  };
  return traffic;
}

/** Device `i` of some in lockstep, and the programs that it compiles. */
async function openWatched(gpuJs: GpuLibrary, count = 1) {
  const driver = await openDriver(gpuJs);
  const platform = new Platform(gpuJs, 'webgpu', 'test', driver);
  const programs: Program[] = [];
  class Listener extends GpuDevice {
    override compile(program: Program): Promise<Executable> {
      programs.push(program);
      return super.compile(program);
    }
  }
  return { driver, programs, devices: Array.from({ length: count }, () => new Listener(platform)) };
}

const onWebGpu = backends.some(({ backend, skip }) => backend === 'webgpu' && skip) ? test.skip : test;

for (const withStore of [false, true])
  onWebGpu(
    `webgpu: states are neither sent nor read back with a chunk${withStore ? ', row stores are' : ''}`,
    async () => {
      const replicas = 2;
      const { driver, devices, programs } = await openWatched(library, replicas);
      const networks = await Promise.all(
        devices.map((device, i) => makeNetwork(device, { seed: i + 1, withStore })),
      );
      const chunk = (number: number) => Promise.all(networks.map(({ learning }) => run(learning, number)));
      await chunk(0);
      const traffic = watchTraffic(driver);
      try {
        await chunk(1);
      } finally {
        traffic.stop();
      }
      const { uploaded, readBack } = planCosts(programs[0]!, STEPS, { replicas });
      // Row numbers alone, and what each step stores.
      assert.is(uploaded, 4 * replicas * STEPS * BATCH);
      assert.is(readBack, withStore ? 4 * replicas * STEPS * BATCH * UNITS : 0);
      assert.equal([traffic.sent, traffic.readBack], [uploaded, readBack]);
      for (const device of devices) await device.dispose();
    },
  );

onWebGpu('webgpu: a state is sent when it is written, and got back when it is read', async () => {
  const { driver, devices } = await openWatched(library);
  const { weights } = await makeNetwork(devices[0]!);
  const traffic = watchTraffic(driver);
  try {
    await devices[0]!.write(weights, new Float32Array(PIXELS * UNITS));
    assert.equal([traffic.sent, traffic.readBack], [4 * PIXELS * UNITS, 0]);
    await devices[0]!.read(weights);
    assert.equal([traffic.sent, traffic.readBack], [4 * PIXELS * UNITS, 4 * PIXELS * UNITS]);
  } finally {
    traffic.stop();
  }
  await devices[0]!.dispose();
});

onWebGpu('webgpu: no buffer of the driver is left after disposal', async () => {
  const driver = await openDriver(library);
  const traffic = watchTraffic(driver);
  try {
    const { devices } = await openWatched(library, 2);
    const networks = await Promise.all(
      devices.map((device, i) => makeNetwork(device, { seed: i + 1, withStore: true })),
    );
    await Promise.all(networks.map(({ learning }) => run(learning, 0)));
    await Promise.all(networks.map(({ scoring }) => run(scoring, 0)));
    await devices[0]!.dispose();
    await run(networks[1]!.learning, 1);
    await devices[1]!.read(networks[1]!.weights);
    assert.is.not(traffic.live.size, 0);
    await devices[1]!.dispose();
    assert.is(traffic.live.size, 0);
  } finally {
    traffic.stop();
  }
});

/** gpu.js with plans whose insides are changed before they first run. */
function withPlans(change: (pipeline: Record<string, unknown>) => void): GpuLibrary {
  class Changed extends library.GPU {
    override createPipeline(...given: Parameters<InstanceType<GpuLibrary['GPU']>['createPipeline']>): Plan {
      const plan = super.createPipeline(...given);
      change(plan.pipeline as Record<string, unknown>);
      return plan;
    }
  }
  return { ...library, GPU: Changed as unknown as GpuLibrary['GPU'] };
}

/** How a chunk fails, and the weights after it. */
async function failing(gpuJs: GpuLibrary): Promise<{ error: Error; changed: boolean }> {
  const { devices } = await openWatched(gpuJs);
  const [device] = devices as [GpuDevice];
  const { weights, learning } = await makeNetwork(device);
  const before = await device.read(weights);
  const error = await failure(run(learning, 0));
  const after = await device.read(weights);
  await device.dispose();
  return { error, changed: after.some((value, i) => value !== before[i]) };
}

onWebGpu('webgpu: a plan that would run kernel by kernel is an error, and states are untouched', async () => {
  const { error, changed } = await failing(
    withPlans((pipeline) => {
      pipeline._fusionDisabled = true;
    }),
  );
  assert.match(
    error.message,
    /'learning' was to run on gpu.js webgpu \(fused-encoder\) but ran on webgpu \(generic\)/,
  );
  assert.not(changed);
});

onWebGpu('webgpu: another version of gpu.js is refused with the one to install', async () => {
  const changes: ((pipeline: Record<string, unknown>) => void)[] = [
    (pipeline) => {
      pipeline._prepareExecutor = undefined;
    },
    (pipeline) => {
      const prepare = pipeline._prepareExecutor as (args: unknown) => Promise<void>;
      pipeline._prepareExecutor = async (args: unknown) => {
        await prepare.call(pipeline, args);
        (pipeline._executor as Record<string, unknown>)._argRegions = {};
      };
    },
  ];
  for (const change of changes) {
    const { error, changed } = await failing(withPlans(change));
    assert.instance(error, UserError);
    assert.match(error.message, /needs gpu\.js 2\.24\.1.*npm install gpu\.js@2\.24\.1/);
    assert.not(changed);
  }
});

test('the version of gpu.js that is known from the inside is the one that is installed', () => {
  const { version } = JSON.parse(readFileSync('node_modules/gpu.js/package.json', 'utf8'));
  assert.is(version, GPU_JS_VERSION);
});

test.run();
