import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { Kernels, RandomStream, ReferenceDevice } from '../../kernels/index.ts';

/** What devices do with row stores is in op-table.ts. */
const kernels = () => new Kernels(new ReferenceDevice(), 1);

test('a store is known by its name and begins at zero', () => {
  const k = kernels();
  const store = k.rowStore('particles', 5, 3);
  assert.is(k.rowStores.get('particles'), store);
  assert.equal(store.values, new Float32Array(15));
  assert.throws(() => k.rowStore('particles', 2, 2), /already a row store named 'particles'/);
});

test('a scatter changes the rows of the minibatch only', async () => {
  const k = kernels();
  const store = k.rowStore('particles', 4, 2);
  const values = k.state('values', 2, 2, Float32Array.of(1, 2, 3, 4));
  const step = await k.trace('step', () => k.scatter(store, values));
  await step.run({ steps: 1, firstStep: 0, rows: Uint32Array.of(3, 1) });
  assert.equal([...store.values], [0, 0, 3, 4, 0, 0, 1, 2]);
});

test('what does not fit is refused when it is traced', async () => {
  const k = kernels();
  const store = k.rowStore('particles', 4, 2);
  const values = k.state('values', 2, 2);
  const refuses = async (body: () => void, message: RegExp) => {
    try {
      await k.trace('step', body);
    } catch (error) {
      return assert.match((error as Error).message, message);
    }
    assert.unreachable(String(message));
  };
  await refuses(
    () => k.scatter(store, k.state('wide', 2, 3)),
    /'wide' \(2x3\) into 'particles', whose rows have 2/,
  );
  await refuses(() => {
    k.gather(store, 3);
    k.scatter(store, values);
  }, /scatter of 2 rows in a step whose minibatch has 3/);
  await refuses(() => {
    k.scatter(store, values);
    k.gather(store, 2);
  }, /gather from 'particles' after a scatter/);
});

test('the cpu device names a store that lacks a row', async () => {
  const device = await openDevice({ device: 'cpu', blas: 'none' });
  const k = new Kernels(device, 1);
  const store = k.rowStore('particles', 4, 2);
  const step = await k.trace('step', () => k.scatter(store, k.constant(1, 1, 2)));
  try {
    await step.run({ steps: 1, firstStep: 0, rows: Uint32Array.of(4) });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /no row 4 in the table 'particles', which has 4/);
  }
  await device.dispose();
});

test('a word of a stream can be had by its number', () => {
  const drawn = new RandomStream(3, 'signs');
  const words = Array.from({ length: 9 }, () => drawn.word());
  const stream = new RandomStream(3, 'signs');
  stream.word();
  assert.equal(
    words.map((_, i) => stream.wordAt(i)),
    words,
  );
  assert.is(stream.word(), words[1]);
});

test.run();
