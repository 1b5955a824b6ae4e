import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { library } from '../../devices/gpu-js.ts';
import type { Target } from '../../kernels/gpu/call.ts';
import { GpuDevice, Platform } from '../../kernels/gpu/device.ts';
import { type LoweredProgram, lowerProgram } from '../../kernels/gpu/lowering.ts';
import { type PlanCosts, planCosts } from '../../kernels/gpu/plan-costs.ts';
import { Kernels, type Program, ReferenceDevice, type Table, type Tensor } from '../../kernels/index.ts';

const [BATCH, STEPS, PIXELS, UNITS] = [4, 20, 30, 6];

const table = (columns: number, encoding: Table['encoding']): Table => ({
  name: encoding,
  count: 100,
  columns,
  values: new Uint8Array(encoding === 'scaled' ? 100 * columns : 100).fill(1),
  encoding,
  scale: 1,
});
const images = table(PIXELS, 'scaled');
const labels = table(UNITS, 'one-hot');

async function traced(body: (k: Kernels) => void): Promise<Program> {
  const programs: Program[] = [];
  class Tracer extends ReferenceDevice {
    override async compile(program: Program) {
      programs.push(program);
      return super.compile(program);
    }
  }
  const k = new Kernels(new Tracer(), 1);
  await k.trace('test', () => body(k));
  return programs[0]!;
}

const lowered = async (body: (k: Kernels) => void, target: Target = 'gpu'): Promise<LoweredProgram> =>
  lowerProgram(await traced(body), { target, resident: true });

/** A perceptron, with all that goes up and down. */
function learn(k: Kernels): void {
  const weights = k.state('weights', PIXELS, UNITS);
  const fixed = k.state('fixed', 1, UNITS);
  const store = k.rowStore('store', 100, UNITS);
  const rate = k.hostScalar('rate', () => 0.1);
  const [input, target, before] = [k.gather(images, BATCH), k.gather(labels, BATCH), k.gather(store, BATCH)];
  const kept = k.uniform('noise', BATCH, UNITS, 0, 1);
  const error = k.map(
    (y, t, b, z, f) => y - t + 0.1 * b + z + f,
    k.matmul(input, weights),
    target,
    before,
    kept,
    fixed,
  );
  k.scatter(store, error);
  k.matmul(input, error, { transposeA: true, scale: rate, into: weights, accumulate: true });
}

/** Bytes of arrays, in arrays of arrays or as gpu.js takes them. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((all, one) => all + bytesOf(one), 0);
  return bytesOf((value as { value: unknown }).value);
}

/** What really goes through gpu.js. */
class Meter extends library.GPU {
  static calls: { sent: number[]; got: number; launches: number }[] = [];

  override createPipeline(...given: never[]): never {
    type Plan = ((...inputs: unknown[]) => Promise<unknown>) & { plan: { steps: unknown[] } };
    const plan = (super.createPipeline as unknown as (...all: never[]) => Plan)(...given);
    return new Proxy(plan, {
      async apply(_, __, inputs) {
        const results = await plan(...inputs);
        const sent = inputs.map(bytesOf);
        Meter.calls.push({ sent, got: bytesOf(results), launches: plan.plan.steps.length });
        return results;
      },
    }) as never;
  }
}

test('learning sends once and reads back once a chunk, and what is sent holds no dataset', async () => {
  const device = new GpuDevice(
    new Platform({ ...library, GPU: Meter as typeof library.GPU }, 'webasm', 'test'),
  );
  const k = new Kernels(device, 1);
  const executable = await k.trace('learn', () => learn(k));
  const rows = Uint32Array.from({ length: BATCH * STEPS }, (_, i) => i);
  for (const firstStep of [0, STEPS]) await executable.run({ steps: STEPS, firstStep, rows });
  await device.dispose();
  assert.is(Meter.calls.length, 2, 'a call of a plan for each chunk');
  // Float32 each: weights and fixed, row numbers, the rate, halves of counter and key, the store's rows.
  const up = PIXELS * UNITS + UNITS + STEPS * (BATCH + 1 + 3 + BATCH * UNITS) + 6;
  const down = PIXELS * UNITS + STEPS * BATCH * UNITS;
  const costs = planCosts(await traced(learn), STEPS, { target: 'processor', keepsStates: false });
  for (const { sent, got, launches } of Meter.calls) {
    assert.is(
      sent.reduce((all, one) => all + one),
      4 * up,
    );
    assert.is(got, 4 * down);
    assert.equal(costs, {
      launches,
      uploaded: 4 * up,
      readBack: 4 * down,
      kept: { read: 0, written: 0 },
      resident: 4 * 100 * (PIXELS / 3 + 1),
    } satisfies PlanCosts);
  }
});

test('states that are kept are neither sent nor read back', async () => {
  const program = await traced(learn);
  const [kept, travelling] = [planCosts(program, STEPS), planCosts(program, STEPS, { keepsStates: false })];
  const [read, written] = [4 * (PIXELS * UNITS + UNITS), 4 * PIXELS * UNITS];
  assert.equal(kept.kept, { read, written });
  assert.is(travelling.uploaded - kept.uploaded, read);
  assert.is(travelling.readBack - kept.readBack, written);
});

test('replicas multiply what is sent and got, and neither launches nor tables', async () => {
  const program = await traced(learn);
  const [one, three] = [planCosts(program, STEPS), planCosts(program, STEPS, { replicas: 3 })];
  const kept = { read: 3 * one.kept.read, written: 3 * one.kept.written };
  assert.equal(three, { ...one, uploaded: 3 * one.uploaded, readBack: 3 * one.readBack, kept });
});

/** Number of kernels that `body` becomes, with a state `a` of 4 x 5 that it may read, and one that it writes. */
async function launches(
  body: (k: Kernels, a: Tensor, out: Tensor) => void,
  target?: Target,
): Promise<number> {
  const { calls } = await lowered((k) => body(k, k.state('a', 4, 5), k.state('out', 4, 5)), target);
  return calls.length;
}

test('a product takes in the bias and the activation that follow it, also in place', async () => {
  const count = await launches((k, a, out) => {
    const drive = k.matmul(a, k.state('w', 5, 5));
    k.mapInto(drive, (d, b) => d + b, drive, k.state('b', 1, 5));
    k.mapInto(out, (d) => Math.tanh(d), drive);
  });
  assert.is(count, 1);
});

test('what two kernels read is computed once', async () => {
  const count = await launches((k, a, out) => {
    const shared = k.map((x) => x + 1, a);
    k.mapInto(out, (x, y) => x + y, shared, k.matmul(shared, k.state('w', 5, 5)));
  });
  assert.is(count, 2);
});

test('what is read in another order than it is computed is a kernel of its own', async () => {
  const spread = await launches((k, a, out) => {
    k.mapInto(
      out,
      (x, y) => x * y,
      a,
      k.map((x) => x + 1, k.state('row', 1, 5)),
    );
  });
  const product = await launches((k, a, out) => {
    k.matmul(
      k.map((x) => x + 1, a),
      k.state('w', 5, 5),
      { into: out },
    );
  });
  assert.equal([spread, product], [2, 2]);
});

test('a state that is needed later is not lost in a kernel', async () => {
  const { calls, writes } = await lowered((k) => {
    const [x, y] = [k.state('x', 2, 2), k.state('y', 2, 2)];
    k.mapInto(x, (v) => v + 1, x);
    k.mapInto(y, (v) => 2 * v, x);
  });
  assert.is(calls.length, 2);
  const made = calls.map(({ out }) => out);
  assert.ok([...writes.values()].every((value) => made.includes(value)));
});

test('a kernel has at most seven arrays', async () => {
  const count = await launches((k, a, out) => {
    const states = Array.from({ length: 10 }, (_, i) => k.state(`s${i}`, 4, 5));
    const half = k.map((p, q, r, s, t) => p + q + r + s + t, ...states.slice(0, 5));
    k.mapInto(out, (x, p, q, r, s, t) => x + p + q + r + s + t, half, ...states.slice(5));
    k.mapInto(out, (x, y) => x + y, out, a);
  });
  assert.is(count, 2);
});

test('what nothing reads is not computed, and an ignored argument is not read', async () => {
  const { calls, reads } = await lowered((k) => {
    const [x, y] = [k.state('x', 2, 2), k.state('y', 2, 2)];
    k.matmul(y, y);
    k.mapInto(x, (v, _other) => v + 1, x, k.softmax(y));
  });
  assert.is(calls.length, 1);
  assert.equal(
    reads.map(({ name }) => name),
    ['x'],
  );
});

test('a GPU copies a transposed operand with long rows once, for as long as it does not change', async () => {
  const count = (target: Target, inner: number) =>
    launches((k, _, out) => {
      const [x, w] = [k.state('x', 4, inner), k.state('w', 5, inner)];
      k.matmul(x, w, { transposeB: true, into: out });
      k.matmul(x, w, { transposeB: true, into: out, accumulate: true });
      k.mapInto(w, (v) => v + 1, w);
      k.matmul(x, w, { transposeB: true, into: out, accumulate: true });
    }, target);
  // All three products are one kernel in the end, the map another.
  assert.is(await count('processor', 100), 2);
  assert.is(await count('gpu', 10), 2);
  assert.is(await count('gpu', 100), 4);
});

test('kernels that count by different iterations stay apart', async () => {
  const count = await launches((k, _, out) => {
    const sum = k.constant(0, 4, 5);
    k.repeat(2, () => {
      k.mapInto(sum, (s, u) => s + u, sum, k.uniform('noise', 4, 5, 0, 1));
    });
    k.mapInto(out, (s) => s, sum);
  });
  assert.is(count, 2);
});

test('host scalars of a step are one kernel', async () => {
  const count = await launches((k, a, out) => {
    const [p, q] = [k.hostScalar('p', () => 1), k.hostScalar('q', () => 2)];
    k.mapInto(out, (x, s, t) => x * s + t, a, p, q);
    k.mapInto(k.state('other', 4, 5), (x, s) => x * s, a, q);
  });
  assert.is(count, 3);
});

test.run();
