import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeGraphWorlds } from '../../data/index.ts';
import { openDevice } from '../../devices/index.ts';
import { type Tensor, UserError } from '../../kernels/index.ts';
import type { ActivationName, TemT } from '../../networks/index.ts';
import { findRule, resolveOptions, weightMatrix } from '../../rules/index.ts';
import { createTrainer, DEFAULTS } from '../../training/index.ts';
import { buildNetwork, buildRule, float64, networkSettings, runOnce } from '../support.ts';
import { type Matrix, matrix, multiply } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';
import { positionsOf, predictionsOf, previousSymbolsOf, randomWalks, type Steps } from './walks-by-hand.ts';

const RULE = findRule('backprop-through-time');
const [WALKS, STEPS, ACTIONS, SYMBOLS, UNITS] = [3, 7, 2, 3, 4];
const F: Partial<Record<ActivationName, (v: number) => number>> = {
  tanh: Math.tanh,
  linear: (v) => v,
  sigmoid: (v) => 1 / (1 + Math.exp(-v)),
};

interface Given {
  readonly activation?: ActivationName;
  readonly options?: Record<string, unknown>;
  readonly units?: number;
  readonly walks?: readonly Steps[];
  readonly symbols?: number;
}

/** A network in float64 that sees walks, and the rule's directions for them. */
async function scene({
  activation = 'tanh',
  options = {},
  units = UNITS,
  symbols = SYMBOLS,
  ...given
}: Given = {}) {
  const walks = given.walks ?? randomWalks(WALKS, STEPS, ACTIONS, symbols);
  const steps = walks[0]!.length;
  const chosen = { actions: ACTIONS, beta: 2, ...options };
  const { device, k } = float64();
  const settings = networkSettings({ layers: [2 * steps, units, steps * symbols], activation });
  const network = buildNetwork(RULE, k, settings, chosen, 3) as TemT;
  const rule = buildRule(RULE, network, k, chosen);
  const input = k.state('input', walks.length, 2 * steps, Float32Array.from(walks.flat(2)));
  // A symbol is asked for at some steps, wherever it has been seen.
  const asked = (walk: Steps, t: number) =>
    t % 3 !== 1 && walk.slice(0, t).some(([, x]) => x === walk[t]![1]);
  const targets = walks.map((walk) =>
    walk.flatMap(([, symbol], t) =>
      Array.from({ length: symbols }, (_, x) => (x === symbol && asked(walk, t) ? 1 : 0)),
    ),
  );
  const target = k.state('target', walks.length, steps * symbols, Float32Array.from(targets.flat()));
  const keep = (name: string, of: Tensor) => k.state(name, of.rows, of.columns);
  const own = network.connections.map(({ name, weights }) => keep(`direction of ${name}`, weights));
  const taught: string[] = [];
  const answer = keep('answer', target);
  const position = k.state('last position', walks.length, units);
  await runOnce(k, () => {
    const { output, directions } = rule.learn({ input, target });
    k.mapInto(answer, (y) => y, output);
    k.mapInto(position, (y) => y, network.respond(input)[0]!);
    for (const direction of directions) {
      taught.push(direction.connection.name);
      k.mapInto(
        own[network.connections.indexOf(direction.connection)]!,
        (x) => x,
        weightMatrix(k, direction),
      );
    }
  });
  const values = (state: string) => device.values(k.states.get(state)!);
  const keysOf = (code: Matrix) => multiply(code, matrix(values('weights 2'), units));
  const matrixOf = (action: number): Matrix => {
    const rows = matrix(values('weights 1'), units);
    return rows.filter((_, row) => row % chosen.actions === action);
  };
  const codeOf = (walk: Steps): Matrix =>
    options.position === 'none'
      ? previousSymbolsOf(walk, symbols, chosen.actions)
      : positionsOf(walk, [...values('position at the start')], matrixOf, F[activation]!);
  const predicted = () => walks.map((walk) => predictionsOf(walk, keysOf(codeOf(walk)), symbols));
  const loss = (): number =>
    predicted().reduce((sum, walk, w) => {
      const terms = walk.flat().map((y, i) => (targets[w]![i] === 1 ? -Math.log(y) : 0));
      return sum + terms.reduce((a, b) => a + b, 0);
    }, 0) / walks.length;
  return {
    ...{ network, values, walks, codeOf, predicted, loss, taught },
    directions: own.map((t) => device.values(t)),
    answer: matrix(device.values(answer), steps * symbols),
    position: matrix(device.values(position), units),
  };
}

const largest = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

const CASES: readonly (readonly [string, Given])[] = [
  ['tanh', {}],
  ['linear', { activation: 'linear' }],
  ['sigmoid', { activation: 'sigmoid' }],
  ['three actions', { options: { actions: 3 }, walks: randomWalks(2, 6, 3, SYMBOLS) }],
  ['without a position', { options: { position: 'none' }, units: SYMBOLS + ACTIONS }],
];

for (const [title, given] of CASES) {
  test(`symbols are predicted from those before, as in plain loops: ${title}`, async () => {
    const { answer, position, predicted, codeOf, walks } = await scene(given);
    for (const [w, walk] of predicted().entries()) {
      assert.ok(distance(walk.flat(), answer[w]!) < 1e-12);
      assert.equal(
        answer[w]!.slice(0, given.symbols ?? SYMBOLS),
        new Array(SYMBOLS).fill(0),
        'nothing is known at first',
      );
      if (given.options?.position !== 'none')
        assert.ok(distance(codeOf(walks[w]!).at(-1)!, position[w]!) < 1e-12);
    }
  });

  test(`directions are the gradient of the loss, by central differences: ${title}`, async () => {
    const { network, values, directions, loss, taught } = await scene(given);
    assert.equal(
      taught,
      network.connections.map(({ name }) => name),
    );
    for (const [c, { weights }] of network.connections.entries()) {
      assert.ok(largest(directions[c]!) > 1e-2, `${weights.name} learns`);
      const off = distanceFromDifferences(values(weights.name), directions[c]!, loss);
      assert.ok(off < 1e-8, `${weights.name}: off by ${off}`);
    }
  });
}

test('later symbols have no part in a prediction', async () => {
  const walks = randomWalks(1, STEPS, ACTIONS, SYMBOLS);
  const changed = walks.map((walk) =>
    walk.map(([a, x], t) => [t > 4 ? 1 - a : a, t > 3 ? (x + 1) % SYMBOLS : x] as const),
  );
  const [one, other] = [(await scene({ walks })).answer[0]!, (await scene({ walks: changed })).answer[0]!];
  assert.equal(one.slice(0, 5 * SYMBOLS), other.slice(0, 5 * SYMBOLS));
  assert.is.not(`${one.slice(5 * SYMBOLS)}`, `${other.slice(5 * SYMBOLS)}`);
});

test('matrices of actions start orthogonal, each another one, and keep the length of the code', async () => {
  const { values, network } = await scene({ activation: 'linear', units: 6 });
  const start = [...values('position at the start')];
  assert.ok(Math.abs(start.reduce((sum, x) => sum + x * x, 0) - 1) < 1e-6);
  const rows = matrix(values('weights 1'), 6);
  const [first, second] = [0, 1].map((action) => rows.filter((_, row) => row % ACTIONS === action)) as [
    Matrix,
    Matrix,
  ];
  for (const w of [first, second]) {
    const product = multiply(
      w,
      w[0]!.map((_, j) => w.map((row) => row[j]!)),
    );
    for (const [i, row] of product.entries())
      for (const [j, x] of row.entries()) assert.ok(Math.abs(x - Number(i === j)) < 1e-6);
  }
  assert.ok(distance(first.flat(), second.flat()) > 0.1);
  assert.equal(
    [...values('weights 2')],
    Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? Math.fround(Math.SQRT2) : 0)),
  );
  assert.is(network.recurrent!.from.size, 12);
});

test('a path integrator comes back to a node by every way, and learns keys alone', async () => {
  const NORTH = 0;
  const [EAST, SOUTH, WEST] = [1, 2, 3];
  const around = [
    [0, 0],
    [NORTH, 1],
    [EAST, 2],
    [SOUTH, 0],
    [WEST, 1],
    [WEST, 0],
    [WEST, 2],
  ] as const;
  const options = { position: 'path-integrator', actions: 4 };
  const { codeOf, taught } = await scene({ activation: 'linear', walks: [around], options, units: 9 });
  const nodes = codeOf(around).map((code) => {
    assert.equal([...code].sort(), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
    return code.indexOf(1);
  });
  // North of node 0 of a 3 x 3 torus is 6, then east, back south, and west around.
  assert.equal(nodes, [0, 6, 7, 1, 0, 2, 1]);
  assert.equal(taught, ['position to keys']);
});

test('a path integrator has the identity for f, whatever the activation', async () => {
  const options = { position: 'path-integrator', actions: 4 };
  const { position } = await scene({ activation: 'tanh', walks: randomWalks(2, 9, 4, 3), options, units: 9 });
  for (const code of position) assert.equal([...code].sort(), [0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

const trained = async (
  position: string,
  units: number,
  epochs: number,
  world: Parameters<typeof makeGraphWorlds>[0],
  arrivals = 'unseen-edge',
) => {
  const dataset = makeGraphWorlds(world, 640, 100);
  const steps = 2 * world.rows * world.columns;
  const trainer = await createTrainer({
    rule: 'backprop-through-time',
    ...{ dataset, task: `next-symbol:${arrivals}` },
    device: await openDevice({ device: 'cpu', blas: 'none' }),
    options: { position },
    settings: {
      layers: [2 * steps, units, 45 * steps],
      epochs,
      learningRate: position === 'learned' ? 0.003 : 1e-9,
    },
  });
  let score = 0;
  for await (const { testScore } of trainer.epochs()) score = testScore!;
  await trainer.dispose();
  return score;
};

test('a path integrator is right at every known node, and by every unseen edge', async () => {
  const square = { rows: 4, columns: 4, shape: 'torus' } as const;
  assert.is(await trained('path-integrator', 16, 1, square), 100);
  assert.is(await trained('path-integrator', 16, 1, square, 'visited'), 100);
  // In a box of 3 x 3 nodes no two are as far apart as around a torus of 5 x 5.
  assert.is(await trained('path-integrator', 25, 1, { rows: 3, columns: 3, shape: 'box' }), 100);
  // In a torus it has to be that one.
  assert.ok((await trained('path-integrator', 25, 1, square)) < 90);
});

test('a learned position predicts symbols by unseen edges, and without a position they are guessed', async () => {
  const world = { rows: 3, columns: 3, shape: 'torus' } as const;
  const learned = await trained('learned', 24, 12, world);
  assert.ok(learned > 80, `${learned}`);
  const guessed = await trained('none', 49, 1, world);
  assert.ok(guessed < 15, `${guessed}`);
});

const refusal = (layers: readonly number[], options: Record<string, unknown>, message: RegExp) =>
  assert.throws(
    () => RULE.checkOptions!(resolveOptions(RULE, options), { ...DEFAULTS, layers }),
    (error: unknown) => error instanceof UserError && message.test(error.message),
  );

test('layers that make no TEM-t are refused with a sentence', () => {
  refusal([100, 2250], {}, /^layers: TEM-t has an action and a symbol for each step/);
  refusal([101, 64, 2250], {}, /^layers: TEM-t has/);
  refusal([100, 64, 2251], {}, /^layers: TEM-t has/);
  refusal([100, 64, 2250], { position: 'none' }, /there are 49 units, not 64$/);
  refusal(
    [100, 26, 2250],
    { position: 'path-integrator' },
    /give 25 units for 5 x 5 nodes, not 26 with 4 actions$/,
  );
  refusal([100, 25, 2250], { position: 'path-integrator', actions: 5 }, /not 25 with 5 actions$/);
});

test.run();
