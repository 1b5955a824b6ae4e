import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DeviceStates } from '../../kernels/gpu/device-states.ts';
import type { Driver, DriverBuffer, Encoder, GpuLibrary, Plan } from '../../kernels/gpu/library.ts';
import type { Moved } from '../../kernels/gpu/states.ts';
import type { Tensor } from '../../kernels/index.ts';

// Without WebGPU, so on every machine; gpu-states.test.ts does the same with what WebGPU there is.

class FakeBuffer implements DriverBuffer {
  readonly values: Float32Array;
  isDestroyed = false;

  constructor(size: number) {
    this.values = new Float32Array(size / 4);
  }

  async mapAsync(): Promise<void> {}

  getMappedRange(): ArrayBuffer {
    return this.values.buffer as ArrayBuffer;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

/** Does what it is told when it is told, and keeps all buffers that it ever made. */
class FakeDriver implements Driver {
  readonly buffers: FakeBuffer[] = [];
  readonly queue = {
    writeBuffer: (buffer: DriverBuffer, offset: number, values: Float32Array) =>
      (buffer as FakeBuffer).values.set(values, offset / 4),
    submit: (commands: object[]) => {
      for (const command of commands) (command as () => void)();
    },
    onSubmittedWorkDone: async () => {},
  };

  createBuffer({ size }: { size: number }): FakeBuffer {
    const buffer = new FakeBuffer(size);
    this.buffers.push(buffer);
    return buffer;
  }

  createCommandEncoder(): Encoder {
    const copies: (() => void)[] = [];
    return {
      copyBufferToBuffer: (from, fromOffset, to, toOffset, size) => {
        const [source, target] = [from as FakeBuffer, to as FakeBuffer];
        copies.push(() => {
          assert.not(source.isDestroyed || target.isDestroyed, 'a destroyed buffer is used');
          const values = source.values.slice(fromOffset / 4, (fromOffset + size) / 4);
          assert.is(values.byteLength, size, 'beyond the end of the buffer');
          target.values.set(values, toOffset / 4);
        });
      },
      finish: () => () => {
        for (const copy of copies) copy();
      },
    };
  }

  addEventListener(): void {}

  get live(): number {
    return this.buffers.filter(({ isDestroyed }) => !isDestroyed).length;
  }
}

interface Input {
  readonly value: ArrayLike<number>;
}

class FakeInput implements Input {
  readonly value: ArrayLike<number>;

  constructor(value: ArrayLike<number>) {
    this.value = value;
  }
}
const library = { Input: FakeInput } as unknown as GpuLibrary;

/**
 * A plan of one kernel that adds 1 to the state of the first seed, 2 to that of the second and so on, as gpu.js makes it; it
 * has a second result, which the host gets.
 */
function counting(states: DeviceStates, driver: FakeDriver, tensors: readonly Tensor[]) {
  const moved: Moved = { reads: [tensors], writes: [tensors] };
  const size = 8 * tensors.length;
  const makeExecutor = () => {
    const [region, result, rest] = Array.from({ length: 3 }, () => driver.createBuffer({ size })) as [
      FakeBuffer,
      FakeBuffer,
      FakeBuffer,
    ];
    return {
      _argRegions: new Map([[0, { buffer: region }]]),
      _literalBuffers: new Map<object, { buffer: FakeBuffer }>(),
      _resultReads: [result, rest].map((buffer, i) => ({
        kind: 'step',
        buffer,
        offset: i * size,
        byteLength: size,
        value: null,
      })),
      _staging: driver.createBuffer({ size: 2 * size }),
      execute(args: readonly Input[]) {
        for (const [i, { buffer }] of this._argRegions)
          buffer.values.set(Array.from({ length: size / 4 }, (_, j) => args[i]!.value[j]!));
        result.values.set(region.values.map((value, i) => value + 1 + Math.floor(i / 2)));
        rest.values.set(region.values.map((value) => -value));
        for (const { kind, buffer, offset } of this._resultReads)
          if (kind === 'step') this._staging.values.set(buffer.values, offset / 4);
        const values = this._resultReads.map(({ kind, offset }) =>
          kind === 'step' ? [...this._staging.values.slice(offset / 4, (offset + size) / 4)] : null,
        );
        return Promise.resolve(values);
      },
      destroy() {
        for (const buffer of [result, rest, this._staging]) buffer.destroy();
        for (const { buffer } of [...this._argRegions.values(), ...this._literalBuffers.values()])
          buffer.destroy();
      },
    };
  };
  const pipeline = {
    _executor: null as ReturnType<typeof makeExecutor> | null,
    fallbackReason: null,
    async _prepareExecutor(_args: readonly unknown[]) {
      this._executor = makeExecutor();
    },
  };
  states.attach({ pipeline } as unknown as Plan, moved);
  return {
    async run() {
      const inputs = [states.argument(tensors)] as unknown as Input[];
      if (!pipeline._executor) await pipeline._prepareExecutor(inputs);
      return pipeline._executor!.execute(inputs);
    },
    destroy: () => pipeline._executor!.destroy(),
  };
}

const tensor = (name: string): Tensor => ({ id: 0, name, rows: 1, columns: 2, storage: 'state' });

function threeStates() {
  const driver = new FakeDriver();
  const states = new DeviceStates(library, driver);
  const [a, b, c] = ['a', 'b', 'c'].map(tensor) as [Tensor, Tensor, Tensor];
  for (const [i, one] of [a, b, c].entries()) {
    states.allocate(one);
    states.write(one, Float32Array.of(10 * i, 10 * i + 1));
  }
  const values = async (...tensors: Tensor[]) =>
    Promise.all(tensors.map(async (one) => [...(await states.read(one))]));
  return { driver, states, a, b, c, values };
}

test('a plan takes the newest values and leaves new ones, which only a read gets', async () => {
  const { driver, states, a, b, c, values } = threeStates();
  const plan = counting(states, driver, [a, b]);
  assert.equal(await plan.run(), [null, [-0, -1, -10, -11]], 'the second result is sent, the first is not');
  assert.equal(await plan.run(), [null, [-1, -2, -12, -13]]);
  assert.equal(await values(a, b, c), [
    [2, 3],
    [14, 15],
    [20, 21],
  ]);
  states.write(b, Float32Array.of(70, 71));
  await plan.run();
  assert.equal(await values(a, b), [
    [3, 4],
    [72, 73],
  ]);
});

test('plans of other tensors, in another order, share the values', async () => {
  const { driver, states, a, b, c, values } = threeStates();
  await counting(states, driver, [a, b, c]).run();
  const backwards = counting(states, driver, [c, b, a]);
  await backwards.run();
  await counting(states, driver, [b]).run();
  await backwards.run();
  assert.equal(await values(a, b, c), [
    [7, 8],
    [17, 18],
    [25, 26],
  ]);
});

test('tensors keep their values when one of them is released', async () => {
  const { driver, states, a, b, c, values } = threeStates();
  await counting(states, driver, [a, b, c]).run();
  states.release(b);
  assert.equal(await values(a, c), [
    [1, 2],
    [23, 24],
  ]);
  await counting(states, driver, [a, c]).run();
  assert.equal(await values(a, c), [
    [2, 3],
    [25, 26],
  ]);
});

test('all buffers are destroyed with the plan and the tensors', async () => {
  const { driver, states, a, b, c } = threeStates();
  assert.is(states.liveBuffers(), 3);
  const plan = counting(states, driver, [a, b, c]);
  await plan.run();
  await states.read(b);
  assert.is(states.liveBuffers(), 1, 'one buffer for all');
  assert.is(driver.live, 5, 'that one, and four of the plan');
  plan.destroy();
  assert.is(driver.live, 1);
  states.release(a);
  states.release(b);
  assert.is(driver.live, 1);
  states.release(c);
  assert.equal([driver.live, states.liveBuffers()], [0, 0]);
});

test.run();
