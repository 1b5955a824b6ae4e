import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { learnedOf } from './learned.ts';
import { ATTENTION, type Change, FELT, ROUNDING, seesMagnitudes } from './locality-cases.ts';

const { title } = ATTENTION;
/** Length of a key, and pixels of a side of the image, whose patches are of 2 x 2. */
const [SIZE, SIDE] = [2, 4];
const [KEYS, VALUES, QUERIES] = [0, 1, 2];

/** How far the direction of each synapse moves, by its connection, lowest first. */
async function moves(change: Change): Promise<number[][]> {
  const given = { network: ATTENTION.network, options: ATTENTION.options, batch: 1 };
  const before = await learnedOf(ATTENTION.rule, given);
  const after = await learnedOf(ATTENTION.rule, { ...given, set: change });
  return before.own.map((own, l) => [...own!].map((d, i) => Math.abs(d - after.own[l]![i]!)));
}

test(`${title}: a synapse does not see the pixels of its neighbours`, async () => {
  // The two upper pixels of every patch change places, and so do the weights that lead from them.
  const moved = await moves((values) => {
    const x = values('input');
    for (let y = 0; y < SIDE; y += 2)
      for (let left = 0; left < SIDE; left += 2) x.subarray(y * SIDE + left, y * SIDE + left + 2).reverse();
    for (const name of ['weights of keys', 'weights of values']) {
      const w = values(name);
      const first = w.slice(0, SIZE);
      w.copyWithin(0, SIZE, 2 * SIZE);
      w.set(first, SIZE);
    }
  });
  for (const connection of [KEYS, VALUES]) {
    assert.ok(Math.max(...moved[connection]!.slice(2 * SIZE)) < ROUNDING);
    assert.ok(Math.max(...moved[connection]!.slice(0, 2 * SIZE)) > FELT, 'its own pixel');
  }
});

test(`${title}: where a patch is makes no difference to any synapse`, async () => {
  // The two upper patches change places.
  const moved = await moves((values) => {
    const x = values('input');
    for (const y of [0, 1]) {
      const left = x.slice(y * SIDE, y * SIDE + 2);
      x.copyWithin(y * SIDE, y * SIDE + 2, y * SIDE + 4);
      x.set(left, y * SIDE + 2);
    }
  });
  for (const connection of moved) assert.ok(Math.max(...connection) < ROUNDING);
});

test(`${title}: magnitudes and signs of the weights above are seen`, async () => {
  assert.is(seesMagnitudes(ATTENTION), true);
  for (const factor of [2, -1]) {
    const moved = await moves((values) => {
      const w = values('weights 2');
      w.set(w.map((w, i) => (i % 2 === 0 ? factor * w : w)));
    });
    for (const connection of [KEYS, VALUES, QUERIES]) assert.ok(Math.max(...moved[connection]!) > FELT);
  }
});

test.run();
