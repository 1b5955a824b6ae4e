import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openGpuDevice } from '../../devices/gpu.ts';
import { library } from '../../devices/gpu-js.ts';
import { GpuDevice, Platform } from '../../kernels/gpu/device.ts';
import {
  type Device,
  Kernels,
  RandomStream,
  ReferenceDevice,
  sigmoid,
  type Table,
  type Tensor,
  UserError,
} from '../../kernels/index.ts';
import { normalPair, streamKey, threefry, unitUniform } from '../../kernels/random.ts';
import { gpuBackends } from './gpu-backends.ts';
import { differenceFromReference, OP_TABLE } from './op-table.ts';

const NO_ROWS = new Uint32Array(0);

/** The values of the tensor that `body` returns, after `steps` steps. */
async function valuesOf(
  device: Device,
  [rows, columns]: readonly [number, number],
  body: (k: Kernels) => Tensor,
  { steps = 1, firstStep = 0, seed = 1 } = {},
): Promise<Float32Array> {
  const k = new Kernels(device, seed);
  const out = k.state('out', rows, columns);
  const executable = await k.trace('values', () => {
    k.mapInto(out, (x) => x, body(k));
  });
  await executable.run({ steps, firstStep, rows: NO_ROWS });
  executable.dispose();
  return device.read(out);
}

const normals = (k: Kernels, name: string, rows: number, columns: number): Tensor =>
  k.state(name, rows, columns, new RandomStream(5, name).normal(rows * columns, 0, 1));

const bytes: Table = {
  name: 'bytes',
  count: 11,
  columns: 3,
  values: Uint8Array.from({ length: 33 }, (_, i) => (i * 37) % 256),
  encoding: 'scaled',
  scale: 1 / 255,
};

/** A little network that learns, with everything that changes from step to step. */
async function learn(device: Device, runs: readonly number[]): Promise<Float32Array[]> {
  const k = new Kernels(device, 3);
  const weights = normals(k, 'weights', 3, 4);
  const total = k.state('total', 1, 1);
  const executable = await k.trace('learn', () => {
    const rate = k.hostScalar('rate', ({ step }) => -0.1 / (1 + step));
    const input = k.gather(bytes, 2);
    const kept = k.bernoulli(
      'mask',
      k.map((x) => 0.5 + 0.4 * x, input),
    );
    const activity = k.map(
      (x) => Math.tanh(x),
      k.matmul(
        k.map((x, on) => x * on, input, kept),
        weights,
      ),
    );
    k.sum(activity, { over: 'all', into: total, accumulate: true });
    k.matmul(input, activity, { transposeA: true, scale: rate, into: weights, accumulate: true });
  });
  let step = 0;
  for (const steps of runs) {
    const rows = Uint32Array.from({ length: 2 * steps }, (_, i) => (2 * step + i) % bytes.count);
    await executable.run({ steps, firstStep: step, rows });
    step += steps;
  }
  executable.dispose();
  return [await device.read(weights), await device.read(total)];
}

function assertClose(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string): void {
  assert.is(got.length, want.length, `${what}: length`);
  for (let i = 0; i < got.length; i++)
    assert.ok(
      Object.is(got[i], want[i]) || Math.abs(got[i]! - want[i]!) <= tolerance * (1 + Math.abs(want[i]!)),
      `${what}: element ${i} is ${got[i]} instead of ${want[i]}`,
    );
}

for (const { backend, skip } of await gpuBackends()) {
  const check = skip ? test.skip : test;

  for (const opCase of OP_TABLE)
    check(`${backend}: ${opCase.name}`, async () => {
      const device = await openGpuDevice(backend);
      assert.is(await differenceFromReference(device, opCase), null);
      await device.dispose();
    });

  check(`${backend}: the info names what ran`, async () => {
    const device = await openGpuDevice(backend);
    assert.is(device.info.executorKind, null, 'nothing ran yet');
    await learn(device, [1]);
    const { name, fallbackReason, executorKind, hardware } = device.info;
    const kinds = { cpu: 'generic', webasm: 'fused-sync', webgpu: 'fused-encoder', headlessgl: 'generic' };
    assert.equal([name, device.info.backend, fallbackReason], ['gpu', backend, null]);
    assert.is(executorKind, kinds[backend]);
    assert.ok(hardware.length > 0);
    await device.dispose();
  });

  check(`${backend}: uniform numbers have the bits of the host's generator`, async () => {
    const device = await openGpuDevice(backend);
    for (const [seed, step] of [
      [1, 0],
      [-2147483648, 65535],
      [0x9e3779b9, 65536 * 40000 + 3],
    ] as const) {
      const [rows, columns] = [5, 7];
      const got = await valuesOf(device, [rows, columns], (k) => k.uniform('noise', rows, columns, 0, 1), {
        seed,
        firstStep: step,
      });
      const words = new Uint32Array(2);
      const [k0, k1] = streamKey(seed, 'values/noise#0');
      for (let i = 0; i < rows * columns; i++) {
        threefry(i >> 1, step, k0, k1, words);
        assert.is(got[i], unitUniform(words[i & 1]!), `seed ${seed}, step ${step}, element ${i}`);
      }
    }
    await device.dispose();
  });

  check(`${backend}: every step draws new numbers`, async () => {
    const device = await openGpuDevice(backend);
    const draw = (steps: number, firstStep: number) =>
      valuesOf(device, [1, 8], (k) => k.uniform('noise', 1, 8, 0, 1), { steps, firstStep });
    assert.equal(await draw(3, 0), await draw(1, 2));
    assert.not.equal(await draw(1, 1), await draw(1, 2));
    await device.dispose();
  });

  check(`${backend}: normal numbers are those of float64, within rounding`, async () => {
    const device = await openGpuDevice(backend);
    const [k0, k1] = streamKey(9, 'values/noise#0');
    const words = new Uint32Array(2);
    const checkNormals = async (rows: number, columns: number, step: number): Promise<void> => {
      const got = await valuesOf(device, [rows, columns], (k) => k.normal('noise', rows, columns, 0, 1), {
        seed: 9,
        firstStep: step,
      });
      const want = Array.from({ length: rows * columns }, (_, i) => {
        threefry(i >> 1, step, k0, k1, words);
        return normalPair(words[0]!, words[1]!)[i & 1]!;
      });
      assertClose(got, want, 1e-6, `step ${step}`);
    };
    await checkNormals(53, 41, 0);
    // The ends of the logarithm's range: in these steps u of the first pair is the largest below 1, and 0.
    for (const [step, u] of [
      [3033059, 1 - 2 ** -24],
      [10786207, 0],
    ] as const) {
      threefry(0, step, k0, k1, words);
      assert.is(unitUniform(words[0]!), u);
      await checkNormals(1, 2, step);
    }
    await device.dispose();
  });

  check(`${backend}: NaN and infinity stay what they are`, async () => {
    const device = await openGpuDevice(backend);
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const odd = Float32Array.from([nan, -inf, inf, -1, 3, 5, inf, 5]);
    const mapped = async (fn: (x: number) => number) => [
      ...(await valuesOf(device, [2, 4], (k) => k.map(fn, k.state('odd', 2, 4, odd)))),
    ];
    assert.equal(await mapped((x) => Math.max(x, 0)), [nan, 0, inf, 0, 3, 5, inf, 5]);
    assert.equal(await mapped((x) => Math.min(0, x)), [nan, -inf, 0, -1, 0, 0, 0, 0]);
    // biome-ignore lint/suspicious/noSelfCompare: the test for NaN
    assert.equal(await mapped((x) => (x !== x ? 1 : 0)), [1, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal((await mapped((x) => Math.tanh(x) + sigmoid(x))).slice(0, 3), [nan, -1, 2]);
    const largest = await valuesOf(device, [2, 1], (k) => k.argmax(k.state('odd', 2, 4, odd)));
    assert.equal([...largest], [nan, 2]);
    await device.dispose();
  });

  check(`${backend}: learning agrees with float64, however the steps are grouped`, async () => {
    const want = await learn(new ReferenceDevice(), [45]);
    const device = await openGpuDevice(backend);
    const atOnce = await learn(device, [45]);
    const grouped = await learn(device, [1, 20, 24]);
    // 45 additions of rounded float32 values of size 1: 45 * 2^-24, with a margin for the products.
    for (const [i, name] of ['weights', 'total'].entries()) {
      assertClose(atOnce[i]!, want[i]!, 1e-5, name);
      assert.equal(atOnce[i], grouped[i], `${name} do not depend on the grouping`);
    }
    await device.dispose();
  });

  check(`${backend}: nothing is left behind`, async () => {
    const device = await openGpuDevice(backend);
    const k = new Kernels(device, 1);
    const counter = k.state('counter', 2, 3);
    const executable = await k.trace('count', () => {
      k.mapInto(counter, (x) => x + 1, counter);
    });
    const run = (firstStep: number) => executable.run({ steps: 5, firstStep, rows: NO_ROWS });
    await run(0);
    const before = device.liveBuffers();
    for (let step = 5; step < 105; step += 5) await run(step);
    assert.is(device.liveBuffers(), before);
    assert.equal([...(await device.read(counter))], [105, 105, 105, 105, 105, 105]);
    executable.dispose();
    assert.is(device.liveBuffers(), 1, 'the state stays');
    await device.dispose();
    assert.is(device.liveBuffers(), 0);
  });
}

test('a plan that runs on another backend than asked for is an error', async () => {
  class Elsewhere extends library.GPU {
    constructor() {
      super({ mode: 'cpu' });
    }
  }
  const device = new GpuDevice(
    new Platform({ ...library, GPU: Elsewhere as typeof library.GPU }, 'webasm', 'test'),
  );
  const k = new Kernels(device, 1);
  const state = k.state('state', 1, 1, Float32Array.of(7));
  const executable = await k.trace('step', () => {
    k.mapInto(state, (x) => x + 1, state);
  });
  try {
    await executable.run({ steps: 1, firstStep: 0, rows: NO_ROWS });
    assert.unreachable('the fall-back went unnoticed');
  } catch (error) {
    assert.match((error as Error).message, /'step' was to run on gpu.js webasm .* but ran on cpu/);
  }
  assert.equal([...(await device.read(state))], [7], 'the state is untouched');
  await device.dispose();
});

async function refusal(body: () => Promise<unknown>): Promise<string> {
  try {
    await body();
  } catch (error) {
    assert.instance(error, UserError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

test('auto takes a hardware GPU or none', async () => {
  try {
    const device = await openGpuDevice();
    assert.is(device.info.backend, 'webgpu');
    assert.not.match(device.info.hardware, /software/);
    await device.dispose();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as Error).message, /no hardware GPU .*--device cpu/);
  }
});

test('an unknown backend is refused with the choices', async () => {
  const message = await refusal(() => openGpuDevice('cuda' as 'cpu'));
  assert.match(message, /'cuda': choose from auto, webgpu, headlessgl, webasm, cpu/);
});

test('what a kernel cannot hold is refused when it is traced', async () => {
  const device = await openGpuDevice('cpu');
  const k = new Kernels(device, 1);
  const states = Array.from({ length: 8 }, (_, i) => k.state(`s${i}`, 1, 1));
  const many = await refusal(() =>
    k.trace('many', () => {
      k.map((a, b, c, d, e, f, g, h) => a + b + c + d + e + f + g + h, ...states);
    }),
  );
  assert.match(many, /at most 7 tensors in one map, not 8/);
  const infinite = await refusal(() =>
    k.trace('infinite', () => {
      k.map((a, b) => a + b, states[0]!, Number.POSITIVE_INFINITY);
    }),
  );
  assert.match(infinite, /constant Infinity/);
  const noIntegers = new GpuDevice(new Platform(library, 'headlessgl', 'test'));
  const noise = new Kernels(noIntegers, 1);
  const random = await refusal(() =>
    noise.trace('noise', () => {
      noise.uniform('noise', 1, 1, 0, 1);
    }),
  );
  assert.match(random, /random fill in 'noise' .* headlessgl/);
  const changing = await refusal(() =>
    k.trace('walk', () => {
      const scalar = k.hostScalar('times', ({ step }) => step);
      k.repeat({ scalar, bound: 5, otherwise: 'choose walks of one length' }, () => {
        k.mapInto(states[0]!, (x) => x + 1, states[0]!);
      });
    }),
  );
  assert.match(changing, /'walk' repeats .* gpu device cannot do: choose walks of one length/);
  await device.dispose();
});

test.run();
