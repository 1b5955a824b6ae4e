import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Arena, bytesOf, layOut, Stretches } from '../../kernels/cpu/memory.ts';
import { type Executable, Kernels, ReferenceDevice, type Tensor, UserError } from '../../kernels/index.ts';
import { inputsOf, outputOf, type Program } from '../../kernels/program.ts';

class Tracer extends ReferenceDevice {
  program: Program | undefined;

  override compile(program: Program): Promise<Executable> {
    this.program = program;
    return super.compile(program);
  }
}

async function traced(body: (k: Kernels) => void): Promise<Program> {
  const device = new Tracer();
  const k = new Kernels(device, 0);
  await k.trace('test', () => body(k));
  return device.program!;
}

test('stretches are aligned, do not overlap, and are used again', () => {
  const sizes = fc.array(fc.record({ bytes: fc.nat(5000), drop: fc.nat(100) }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (requests) => {
      const stretches = new Stretches(192);
      const live: { start: number; bytes: number }[] = [];
      for (const { bytes, drop } of requests) {
        const start = stretches.take(bytes);
        assert.is(start % 64, 0);
        assert.ok(start >= 192 && start + bytes <= stretches.end);
        for (const other of live)
          assert.ok(start >= other.start + other.bytes || start + bytes <= other.start, 'overlap');
        live.push({ start, bytes });
        if (drop < 50) stretches.giveBack(live.splice(drop % live.length, 1)[0]!.start);
        assert.is(stretches.count, live.length);
      }
      const { end } = stretches;
      for (const { start } of live) stretches.giveBack(start);
      assert.is(stretches.take(end - 192), 192, 'all that was given back is one stretch again');
    }),
  );
});

test('giving back twice is an error', () => {
  const stretches = new Stretches(0);
  const start = stretches.take(10);
  stretches.giveBack(start);
  assert.throws(() => stretches.giveBack(start), /no stretch/);
});

test('the arena keeps its values when it grows', () => {
  const arena = new Arena(new WebAssembly.Memory({ initial: 1 }), 64);
  const first = arena.allocate(4);
  arena.floats[first / 4] = 42;
  const large = arena.allocate(3e6);
  arena.floats[(large + 3e6) / 4 - 1] = 1;
  assert.is(arena.floats[first / 4], 42);
  assert.ok(arena.memory.buffer.byteLength >= large + 3e6 + 64, 'room for reading past the end');
});

test('more memory than there can be is a sentence', () => {
  const arena = new Arena(new WebAssembly.Memory({ initial: 1, maximum: 2 }), 64);
  assert.throws(
    () => arena.allocate(1e6),
    (error: unknown) => error instanceof UserError && /needs 1 MiB of memory/.test(error.message),
  );
});

function assertApart(offsets: ReadonlyMap<Tensor, number>, a: Tensor, b: Tensor): void {
  const [startA, startB] = [offsets.get(a), offsets.get(b)];
  if (a === b || startA === undefined || startB === undefined) return;
  assert.ok(
    startA >= startB + bytesOf(b) || startB >= startA + bytesOf(a),
    `'${a.name}' overlaps '${b.name}'`,
  );
}

/** A random program of temporaries: each op reads two of the tensors made before. */
const randomProgram = fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.integer({ min: 1, max: 90 })), {
  minLength: 1,
  maxLength: 40,
});

test('temporaries that are needed at the same time lie apart', async () => {
  await fc.assert(
    fc.asyncProperty(randomProgram, async (choices) => {
      const program = await traced((k) => {
        const made = [k.uniform('noise', 1, 1, 0, 1)];
        const rate = k.hostScalar('rate', () => 1);
        for (const [a, b, width] of choices) {
          const sums = [a, b].map((i) => k.sum(made[i % made.length]!, { over: 'all', scale: rate }));
          made.push(...sums, k.uniform('noise', 1, width, 0, 1));
          k.mapInto(made.at(-1)!, (x, y, z) => x + y + z, made.at(-1)!, ...sums);
        }
      });
      const { offsets, bytes } = layOut(program);
      for (const [t, start] of offsets) assert.ok(start % 64 === 0 && start + bytesOf(t) <= bytes);
      const span = new Map<Tensor, [first: number, last: number]>();
      for (const { tensor } of program.hostScalars) span.set(tensor, [0, program.ops.length]);
      for (const [i, op] of program.ops.entries())
        for (const t of [outputOf(op) ?? [], inputsOf(op)].flat())
          span.set(t, [Math.min(i, span.get(t)?.[0] ?? i), i]);
      for (const [a, [firstA, lastA]] of span)
        for (const [b, [firstB, lastB]] of span)
          if (firstA <= lastB && firstB <= lastA) assertApart(offsets, a, b);
    }),
    { numRuns: 30 },
  );
});

const chain = (next: (k: Kernels, x: Tensor) => Tensor) =>
  traced((k) => {
    let x = k.uniform('noise', 16, 16, 0, 1);
    for (let i = 0; i < 20; i++) x = next(k, x);
  });

test('a chain of temporaries takes the room of two, or of one where an op can work in place', async () => {
  assert.is(layOut(await chain((k, x) => k.softmax(x))).bytes, 2 * 16 * 16 * 4);
  assert.is(layOut(await chain((k, x) => k.map((v) => v + 1, x))).bytes, 16 * 16 * 4);
});

test('a map takes the place of an argument of its shape that nothing else needs', async () => {
  const made: Tensor[] = [];
  const program = await traced((k) => {
    const [a, b, row] = [k.uniform('a', 4, 8, 0, 1), k.uniform('b', 4, 8, 0, 1), k.uniform('r', 1, 8, 0, 1)];
    const kept = k.map((x, y) => x + y, a, row);
    const other = k.map((x, y) => x * y, kept, b);
    made.push(
      a,
      b,
      row,
      kept,
      other,
      k.map((x, y) => x - y, kept, other),
    );
  });
  const { offsets } = layOut(program);
  const [a, b, row, kept, other, last] = made.map((t) => offsets.get(t)!);
  assert.is(kept, a);
  assert.is(other, b);
  assert.is(last, a);
  assert.is(new Set([a, b, row]).size, 3);
});

test('a temporary of another program is refused', async () => {
  const device = new Tracer();
  const k = new Kernels(device, 0);
  let foreign: Tensor | undefined;
  await k.trace('first', () => {
    foreign = k.uniform('noise', 2, 2, 0, 1);
  });
  await k.trace('second', () => {
    k.map((x) => x, foreign!);
  });
  assert.throws(
    () => layOut(device.program!),
    /'uniform' is used in 'second' before anything there computes it/,
  );
});

test.run();
