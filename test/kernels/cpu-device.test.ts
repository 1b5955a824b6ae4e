import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCpuDevice } from '../../devices/cpu.ts';
import { type Device, type Executable, Kernels, type Table, type Tensor } from '../../kernels/index.ts';
import { streamKey, threefry, unitUniform } from '../../kernels/random.ts';
import { OP_TABLE, runCase } from './op-table.ts';

const NO_ROWS = new Uint32Array(0);
const once = (executable: Executable): Promise<void> =>
  executable.run({ steps: 1, firstStep: 0, rows: NO_ROWS });

async function builtIn(): Promise<{ device: Device; k: Kernels }> {
  const device = await openCpuDevice('none');
  return { device, k: new Kernels(device, 1) };
}

async function rejection(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

test('the built-in kernels give the same bits again, wherever the tensors lie', async () => {
  const { device } = await builtIn();
  const other = await builtIn();
  other.k.state('what moves the rest', 1, 100_003);
  for (const opCase of OP_TABLE) {
    const first = await runCase(device, opCase);
    for (const [name, values] of await runCase(other.device, opCase))
      assert.equal(new Uint32Array(values.buffer), new Uint32Array(first.get(name)!.buffer), opCase.name);
  }
});

test('a new state is zero, also where something else was', async () => {
  const { device, k } = await builtIn();
  const executable = await k.trace('fill', () => {
    k.uniform('noise', 30, 30, 1, 2);
  });
  await once(executable);
  executable.dispose();
  assert.equal([...(await device.read(k.state('new', 30, 30)))], new Array(900).fill(0));
});

test('a device that takes over the memory of another begins with zeros and gives the bits of a new one', async () => {
  const fresh = new Map<string, Map<string, Float32Array>>();
  const { device: held } = await builtIn();
  for (const opCase of OP_TABLE) fresh.set(opCase.name, await runCase(held, opCase));
  const used = await builtIn();
  used.k.state('what lay there', 500, 500, new Float32Array(250_000).fill(Number.NaN));
  await used.device.dispose();
  const next = await builtIn();
  assert.is(next.device.liveBuffers(), 0);
  const state = next.k.state('new', 500, 500);
  assert.ok((await next.device.read(state)).every((value) => value === 0));
  for (const opCase of OP_TABLE)
    for (const [name, values] of await runCase(next.device, opCase))
      assert.equal(
        new Uint32Array(values.buffer),
        new Uint32Array(fresh.get(opCase.name)!.get(name)!.buffer),
        opCase.name,
      );
});

test('a device that is disposed of twice gives its memory to one device only', async () => {
  const { device } = await builtIn();
  await device.dispose();
  const first = await builtIn();
  await device.dispose();
  const second = await builtIn();
  const a = first.k.state('a', 1, 4, Float32Array.of(1, 2, 3, 4));
  second.k.state('b', 1, 4, Float32Array.of(5, 6, 7, 8));
  assert.equal([...(await first.device.read(a))], [1, 2, 3, 4]);
});

test('values stay when the memory grows, and steps traced before go on', async () => {
  const { device, k } = await builtIn();
  const a = k.state('a', 2, 2, Float32Array.of(1, 2, 3, 4));
  const out = k.state('out', 2, 2);
  const executable = await k.trace('square', () => {
    k.matmul(a, a, { into: out });
  });
  k.state('large', 3000, 3000);
  await once(executable);
  assert.equal([...(await device.read(out))], [7, 10, 15, 22]);
});

test('live buffers are the states and the executables that are not disposed of', async () => {
  const { device, k } = await builtIn();
  assert.is(device.liveBuffers(), 0);
  const a = k.state('a', 3, 3);
  const executable = await k.trace('step', () => {
    k.map((x) => x + 1, a);
  });
  assert.is(device.liveBuffers(), 2);
  executable.dispose();
  executable.dispose();
  assert.is(device.liveBuffers(), 1);
  await k.trace('step', () => {
    k.map((x) => x + 1, a);
  });
  await device.dispose();
  assert.is(device.liveBuffers(), 0);
});

test('a step that cannot be compiled leaves nothing behind', async () => {
  const { device, k } = await builtIn();
  const foreign = (await builtIn()).k.state('foreign', 2, 2);
  const message = await rejection(k.trace('step', () => void k.map((x) => x, foreign)));
  assert.match(message, /'foreign' is not a state tensor of this device/);
  assert.is(device.liveBuffers(), 0);
});

test('what was disposed of does not run', async () => {
  const { k } = await builtIn();
  const executable = await k.trace('step', () => void k.uniform('noise', 1, 1, 0, 1));
  executable.dispose();
  assert.match(await rejection(once(executable)), /'step' cannot run: it was disposed of/);
});

test('write refuses values that do not fill the tensor, read refuses temporaries', async () => {
  const { device, k } = await builtIn();
  const a = k.state('a', 2, 3);
  assert.match(await rejection(device.write(a, new Float32Array(5))), /'a' holds 6 values, not 5/);
  let temporary: Tensor | undefined;
  await k.trace('step', () => {
    temporary = k.map((x) => x, a);
  });
  assert.match(await rejection(device.read(temporary!)), /'map' is not a state tensor/);
});

const table: Table = {
  name: 'images',
  count: 3,
  columns: 2,
  values: Uint8Array.of(0, 1, 2, 3, 4, 5),
  encoding: 'scaled',
  scale: 1,
};

test('each step gathers its own rows', async () => {
  const { device, k } = await builtIn();
  const total = k.state('total', 1, 2);
  const executable = await k.trace('gather', () => {
    k.sum(k.gather(table, 2), { over: 'rows', scale: 10, accumulate: true, into: total });
    k.mapInto(total, (x) => 10 * x, total);
  });
  await executable.run({ steps: 2, firstStep: 0, rows: Uint32Array.of(0, 2, 1, 1) });
  // 10 (10 ([0 1] + [4 5]) + [2 3] + [2 3]) times 10
  assert.equal([...(await device.read(total))], [10 * (10 * 40 + 40), 10 * (10 * 60 + 60)]);
});

test('rows that are missing, or not in the table, are errors', async () => {
  const { k } = await builtIn();
  const executable = await k.trace('gather', () => void k.gather(table, 2));
  const run = (...rows: number[]) => executable.run({ steps: 1, firstStep: 0, rows: Uint32Array.from(rows) });
  assert.match(await rejection(run(1)), /'gather' got 1 row numbers for 1 step\(s\) of 2/);
  assert.match(await rejection(run(0, 3)), /no row 3 in the table 'images', which has 3/);
});

test('a repeat of a number of times that the host draws before each step', async () => {
  const { device, k } = await builtIn();
  const [count, draws] = [k.state('count', 1, 1), k.state('draws', 1, 1)];
  const executable = await k.trace('walk', () => {
    const scalar = k.hostScalar('times', ({ step }) => step);
    k.repeat({ scalar, bound: 5, otherwise: '' }, (iteration) => {
      k.mapInto(count, (total, i) => 10 * total + i, count, iteration);
      k.mapInto(draws, (total, u) => total + u, draws, k.uniform('walk', 1, 1, 0, 1));
    });
  });
  await executable.run({ steps: 4, firstStep: 0, rows: NO_ROWS });
  // None, then 0, then 0 1, then 0 1 2.
  assert.equal([...(await device.read(count))], [1012]);
  // The counter of iteration i of step s is 5 s + i.
  const words = new Uint32Array(2);
  const [k0, k1] = streamKey(1, 'walk/walk#0');
  const expected = [5, 10, 11, 15, 16, 17].reduce((total, counter) => {
    threefry(0, counter, k0, k1, words);
    return total + unitUniform(words[0]!);
  }, 0);
  assert.ok(Math.abs((await device.read(draws))[0]! - expected) < 1e-6);
});

test.run();
