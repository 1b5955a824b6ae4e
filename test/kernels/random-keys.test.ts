import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kernels, ReferenceDevice } from '../../kernels/index.ts';

/** What `extra` adds to the step whose numbers are looked at, or to the run around it. */
interface Surroundings {
  /** In the same trace, before the fills. */
  readonly inside?: (k: Kernels) => void;
  /** Traced before the step. */
  readonly before?: (k: Kernels) => Promise<unknown>;
  readonly trace?: string;
  readonly stream?: string;
  readonly seed?: number;
  readonly step?: number;
}

/** Two fills of one stream, in a step amid other things. */
async function fills({
  inside,
  before,
  trace = 'learn',
  stream = 'noise',
  seed = 4,
  step = 3,
}: Surroundings = {}) {
  const device = new ReferenceDevice();
  const k = new Kernels(device, seed);
  const [first, second] = [k.state('first', 2, 3), k.state('second', 2, 3)];
  await before?.(k);
  const executable = await k.trace(trace, () => {
    inside?.(k);
    k.uniform(stream, 2, 3, 0, 1, { into: first });
    k.uniform(stream, 2, 3, 0, 1, { into: second });
  });
  await executable.run({ steps: 1, firstStep: step, rows: new Uint32Array(0) });
  return [[...device.values(first)], [...device.values(second)]];
}

test('two fills of one stream differ', async () => {
  const [first, second] = await fills();
  for (const [i, value] of first!.entries()) assert.is.not(value, second![i]);
});

test('numbers depend on seed, trace, stream and step', async () => {
  const usual = await fills();
  for (const other of [{ seed: 5 }, { trace: 'observe' }, { stream: 'dropout' }, { step: 4 }])
    assert.not.equal(await fills(other), usual, JSON.stringify(other));
});

test('another trace moves no numbers', async () => {
  const before = (k: Kernels) => k.trace('observe', () => void k.normal('noise', 5, 5, 0, 1));
  assert.equal(await fills({ before }), await fills());
});

test('traces of one name agree', async () => {
  const before = (k: Kernels) => k.trace('learn', () => void k.uniform('noise', 2, 3, 0, 1));
  assert.equal(await fills({ before }), await fills());
});

test('another stream, however often it is filled, moves no numbers', async () => {
  const inside = (k: Kernels) => {
    k.normal('dropout', 2, 2, 0, 1);
    k.normal('dropout', 2, 2, 0, 1);
  };
  assert.equal(await fills({ inside }), await fills());
});

test('a fill of the stream itself, before the others, takes the place of the first', async () => {
  const [, second] = await fills();
  const inside = (k: Kernels) => void k.uniform('noise', 1, 1, 0, 1);
  const [moved] = await fills({ inside });
  assert.equal(moved, second);
});

test.run();
