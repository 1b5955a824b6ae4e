import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findOverlap, loadDataset, makeDataset, makeGraphWorlds, type Split } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';

const TORUS = { rows: 3, columns: 5, shape: 'torus' } as const;
const BOX = { rows: 4, columns: 3, shape: 'box' } as const;

/** The [action, symbol, node] of each step of each walk. */
const stepsOf = ({ images }: Split): number[][][] =>
  Array.from({ length: images.count }, (_, walk) =>
    Array.from({ length: images.columns / 3 }, (_, step) => [
      ...images.values.subarray(walk * images.columns + 3 * step, walk * images.columns + 3 * step + 3),
    ]),
  );

test('walks are of two steps a node, always the same ones, without labels', async () => {
  const [one, other] = [
    await loadDataset('graph-worlds:5x5-torus'),
    await loadDataset('graph-worlds:5x5-torus'),
  ];
  assert.equal(one.train.images.values, other.train.images.values);
  assert.equal([one.train.images.count, one.test.images.count, one.width, one.classes], [4000, 500, 150, 0]);
  assert.equal(one.shape, [50, 3]);
  assert.equal(one.walks, { nodes: 25, actions: 4, symbols: 45 });
  assert.is(findOverlap(one), null);
  const part = await loadDataset('graph-worlds:4x6-box@100', { validation: 10 });
  assert.equal([part.train.images.count, part.walks!.nodes], [90, 24]);
});

for (const world of [TORUS, BOX])
  test(`each action leads to the neighbour on its side: ${world.shape}`, () => {
    const { rows, columns, shape } = world;
    const used = new Set<string>();
    for (const walk of stepsOf(makeGraphWorlds(world, 200, 1).train))
      for (const [step, [action, , node]] of walk.entries()) {
        const [row, column] = [Math.floor(node! / columns), node! % columns];
        if (step === 0) {
          assert.is(action, 0);
          continue;
        }
        const before = walk[step - 1]![2]!;
        let [wantedRow, wantedColumn] = [Math.floor(before / columns), before % columns];
        if (action === 0) wantedRow--;
        else if (action === 1) wantedColumn++;
        else if (action === 2) wantedRow++;
        else wantedColumn--;
        if (shape === 'torus') {
          wantedRow = (wantedRow + rows) % rows;
          wantedColumn = (wantedColumn + columns) % columns;
        }
        assert.equal([row, column], [wantedRow, wantedColumn]);
        used.add(`${before}:${action}`);
      }
    // All edges: 4 a node, less those into walls.
    assert.is(used.size, 4 * rows * columns - (shape === 'box' ? 2 * (rows + columns) : 0));
  });

test('actions that lead somewhere are drawn alike', () => {
  const counts = new Map<string, number[]>();
  for (const walk of stepsOf(makeGraphWorlds(BOX, 2000, 1).train))
    for (let step = 1; step < walk.length; step++) {
      const before = String(walk[step - 1]![2]);
      const actions = counts.get(before) ?? [0, 0, 0, 0];
      actions[walk[step]![0]!]!++;
      counts.set(before, actions);
    }
  for (const actions of counts.values()) {
    const open = actions.filter((count) => count > 0);
    const total = open.reduce((sum, count) => sum + count, 0);
    const mean = total / open.length;
    // Five standard deviations of a binomial number.
    for (const count of open) assert.ok(Math.abs(count - mean) < 5 * Math.sqrt(mean), `${actions}`);
  }
});

test('a node keeps its symbol for a walk, and gets another one in the next', () => {
  const walks = stepsOf(makeGraphWorlds(TORUS, 300, 1).train);
  const ofNode0 = new Set<number>();
  const all = new Set<number>();
  for (const walk of walks) {
    const symbols = new Map<number, number>();
    for (const [, symbol, node] of walk as [number, number, number][]) {
      assert.is(symbols.get(node) ?? symbol, symbol);
      symbols.set(node, symbol);
      all.add(symbol);
    }
    if (symbols.has(0)) ofNode0.add(symbols.get(0)!);
  }
  assert.is(all.size, 45);
  assert.ok(ofNode0.size > 35, `${ofNode0.size}`);
});

test('walks begin at any node', () => {
  const walks = stepsOf(makeGraphWorlds(TORUS, 300, 1).train);
  assert.is(new Set(walks.map(([first]) => first![2])).size, 15);
});

test('other worlds are refused with a sentence', async () => {
  for (const argument of ['5x5', '2x5-torus', '5x9-box', '5x5-ring', '5.0x5-torus', 'x-box'])
    await loadDataset(`graph-worlds:${argument}`).then(
      () => assert.unreachable(argument),
      (error: Error) => {
        assert.instance(error, UserError);
        assert.match(
          error.message,
          new RegExp(`^the dataset 'graph-worlds' knows no world '${argument}': write`),
        );
      },
    );
});

test('worlds that cannot be walked through in memory are refused, too', () => {
  for (const [rows, columns, shape] of [
    [2, 5, 'torus'],
    [5, 17, 'box'],
    [4.5, 4, 'torus'],
    [4, Number.NaN, 'box'],
    [5, 5, 'ring'],
  ] as const)
    assert.throws(
      () => makeGraphWorlds({ rows, columns, shape: shape as 'box' }, 2, 2),
      (error: unknown) =>
        error instanceof UserError &&
        error.message.startsWith(
          `the dataset 'graph-worlds' knows no world '${rows}x${columns}-${shape}': write`,
        ),
    );
});

test('walks without three bytes a step are refused', () => {
  const walks = { nodes: 4, actions: 2, symbols: 3 };
  const split = { images: new Uint8Array(8) };
  assert.throws(
    () =>
      makeDataset({
        name: 'own',
        title: 'own',
        shape: [4, 2],
        train: split,
        test: split,
        walks,
        comparable: true,
      }),
    (error: unknown) => error instanceof UserError && /'own' has walks of 2 bytes a step/.test(error.message),
  );
});

test.run();
