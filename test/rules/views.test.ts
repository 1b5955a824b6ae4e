import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../kernels/index.ts';
import { EyeMovement, otherRows, sideOf } from '../../rules/views.ts';
import { float64, normalState } from '../support.ts';
import { type Matrix, matrix } from './by-hand.ts';

const [SIDE, BATCH] = [4, 5];

/** Images as they were and as they are after each of several steps. */
async function moved(shift: number, steps: number) {
  const { device, k } = float64();
  const input = normalState(k, 'input', BATCH, SIDE * SIDE);
  const eye = new EyeMovement(k, SIDE * SIDE, shift);
  const out = k.state('out', BATCH, SIDE * SIDE);
  const step = await k.trace('test', () => k.mapInto(out, (x) => x, eye.move(input)));
  const after: Matrix[] = [];
  for (let firstStep = 0; firstStep < steps; firstStep++) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    after.push(matrix(device.values(out), SIDE * SIDE));
  }
  return { before: matrix(device.values(input), SIDE * SIDE), after };
}

const shifted = (image: readonly number[], across: number, down: number): number[] =>
  image.map((_, i) => {
    const [x, y] = [(i % SIDE) - across, Math.floor(i / SIDE) - down];
    return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? image[SIDE * y + x]! : 0;
  });

test('a movement shifts all images of a minibatch alike, and every shift up to the largest comes up', async () => {
  const { before, after } = await moved(1, 80);
  const seen = new Set<string>();
  for (const images of after) {
    const found = [-1, 0, 1]
      .flatMap((across) => [-1, 0, 1].map((down) => ({ across, down })))
      .filter(({ across, down }) =>
        images.every((image, n) => image.join() === shifted(before[n]!, across, down).join()),
      );
    assert.is(found.length, 1);
    seen.add(JSON.stringify(found[0]));
  }
  assert.is(seen.size, 9);
});

test('without a shift nothing moves, whatever the shape', async () => {
  const { before, after } = await moved(0, 1);
  assert.equal(after[0], before);
});

test('the other rows are all rows, in one cycle, a new one at each step', async () => {
  const { device, k } = float64();
  const rows = k.state(
    'rows',
    BATCH,
    1,
    Float32Array.from({ length: BATCH }, (_, i) => i),
  );
  const out = k.state('out', BATCH, 1);
  const step = await k.trace('test', () => k.mapInto(out, (x) => x, otherRows(k, rows)));
  const cycles = new Set<string>();
  for (let firstStep = 0; firstStep < 20; firstStep++) {
    await step.run({ steps: 1, firstStep, rows: new Uint32Array(0) });
    const next = [...device.values(out)];
    const cycle = [0];
    while (next[cycle.at(-1)!] !== 0 && cycle.length <= BATCH) cycle.push(next[cycle.at(-1)!]!);
    assert.equal([...cycle].sort(), [0, 1, 2, 3, 4]);
    cycles.add(cycle.join());
  }
  assert.ok(cycles.size > 5);
});

test('a minibatch of one has no other row', async () => {
  const { device, k } = float64();
  const [row, out] = [normalState(k, 'row', 1, 3), k.state('out', 1, 3)];
  const step = await k.trace('test', () => k.mapInto(out, (x) => x, otherRows(k, row)));
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  assert.equal([...device.values(out)], [...device.values(row)]);
});

test('images that are not square cannot be moved', () => {
  assert.is(sideOf(784, 'lpl'), 28);
  assert.throws(
    () => sideOf(10, 'lpl'),
    (error: unknown) =>
      error instanceof UserError && /10 inputs make no square: set it to 0/.test(error.message),
  );
});

test.run();
