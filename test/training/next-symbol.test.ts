import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dataset, makeGraphWorlds } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';
import { findRule, rulesFor } from '../../rules/index.ts';
import { createTrainer, DEFAULTS, findTask, type SettingsInput, tinyDataset } from '../../training/index.ts';
import { arrivalsOf, nextSymbol, walksOf } from '../../training/tasks/next-symbol.ts';
import { float64, normalState, runOnce } from '../support.ts';
import { openCpu } from './parts.ts';

const WORLD = { rows: 3, columns: 3, shape: 'torus' } as const;
const DATASET = makeGraphWorlds(WORLD, 30, 20);
const [STEPS, SYMBOLS] = [18, 45];
const LAYERS = [36, 9, STEPS * SYMBOLS];

test('an arrival at a known node says whether its edge and its action were seen', () => {
  // East 0 > 1 > 2, west 2 > 1, west 1 > 0, east 0 > 1, then around: 1 > 2 > 0 on a ring of three, west 0 > 2.
  const nodes = [0, 1, 2, 1, 0, 1, 2, 0, 2];
  const actions = [0, 1, 1, 3, 3, 1, 1, 1, 3];
  assert.equal(arrivalsOf({ nodes, actions, symbols: nodes }), [
    null,
    null,
    null,
    { edgeSeen: true, actionSeen: false },
    { edgeSeen: true, actionSeen: false },
    { edgeSeen: true, actionSeen: true },
    { edgeSeen: true, actionSeen: true },
    { edgeSeen: false, actionSeen: false },
    { edgeSeen: true, actionSeen: false },
  ]);
});

test('where an edge is unseen, so is the action; in walks of two steps a node there are enough', () => {
  const { test: split } = makeGraphWorlds({ rows: 5, columns: 5, shape: 'torus' }, 1, 400);
  const arrivals = walksOf(split).flatMap((walk) => arrivalsOf(walk).filter((arrival) => arrival !== null));
  for (const { edgeSeen, actionSeen } of arrivals) assert.ok(edgeSeen || !actionSeen);
  const perWalk = (count: number) => count / 400;
  assert.ok(Math.abs(perWalk(arrivals.length) - 30) < 1.5);
  assert.ok(Math.abs(perWalk(arrivals.filter(({ edgeSeen }) => !edgeSeen).length) - 6.8) < 0.6);
  assert.ok(Math.abs(perWalk(arrivals.filter(({ actionSeen }) => !actionSeen).length) - 18) < 1);
});

/** The task as built, with answers that are normal numbers, or right where `right` says so. */
async function built(argument: string, right: (walk: number, step: number) => boolean = () => false) {
  const { device, k } = float64();
  const { images } = DATASET.test;
  const output = normalState(k, 'output', images.count, STEPS * SYMBOLS);
  const walks = walksOf(DATASET.test);
  for (const [w, { symbols }] of walks.entries())
    for (const [step, symbol] of symbols.entries())
      if (right(w, step)) device.values(output)[(w * STEPS + step) * SYMBOLS + symbol] = 10;
  const task = await nextSymbol.build({
    ...{ kernels: k, dataset: DATASET, argument, evaluationBatchSize: images.count },
    respond: () => [k.map((y) => y, output)],
  } as never);
  const score = await (await task.scoreOf('test', DATASET.test))();
  return { task, score, walks, device, k, answers: device.values(output) };
}

const isScored = {
  visited: () => true,
  'unseen-edge': ({ edgeSeen }: { edgeSeen: boolean }) => !edgeSeen,
  'unseen-action': ({ actionSeen }: { actionSeen: boolean }) => !actionSeen,
};

for (const [argument, counts] of Object.entries(isScored))
  test(`the score is the share of scored arrivals that are right, as in plain loops: ${argument}`, async () => {
    const { score, walks, answers } = await built(argument, (w, step) => (w + step) % 3 === 0);
    let [right, all] = [0, 0];
    for (const [w, walk] of walks.entries())
      for (const [step, arrival] of arrivalsOf(walk).entries()) {
        if (!arrival || !counts(arrival as never)) continue;
        all++;
        const at = (w * STEPS + step) * SYMBOLS;
        const row = [...answers.subarray(at, at + SYMBOLS)];
        if (row.indexOf(Math.max(...row)) === walk.symbols[step]) right++;
      }
    assert.ok(right > 0 && right < all);
    assert.ok(Math.abs(score - (100 * right) / all) < 1e-9, `${score}`);
  });

test('all right is 100 %, and what is not scored does not count', async () => {
  assert.ok(Math.abs((await built('visited', () => true)).score - 100) < 1e-9);
  const walks = walksOf(DATASET.test).map(arrivalsOf);
  const unseen = await built('unseen-edge', (w, step) => walks[w]![step]?.edgeSeen === false);
  assert.ok(Math.abs(unseen.score - 100) < 1e-9);
});

test('the network is shown actions and symbols, no node, and asked for symbols of known nodes alone', async () => {
  const { task, k, device } = await built('unseen-edge');
  const walks = walksOf(DATASET.train);
  const { images } = task;
  assert.equal([images!.count, images!.columns, images!.scale], [30, 36, 1]);
  for (const [w, { actions, symbols }] of walks.entries())
    assert.equal(
      [...images!.values.subarray(w * 36, (w + 1) * 36)],
      actions.flatMap((action, t) => [action, symbols[t]!]),
    );
  const kept = k.state('kept', 30, STEPS * SYMBOLS);
  const rows = Uint32Array.from({ length: 30 }, (_, i) => i);
  await runOnce(k, () => void k.mapInto(kept, (t) => t, task.target(k.gather(images!, 30))), 1, rows);
  const wanted = walks.flatMap((walk) =>
    arrivalsOf(walk).flatMap((arrival, t) =>
      Array.from({ length: SYMBOLS }, (_, x) => Number(arrival !== null && x === walk.symbols[t])),
    ),
  );
  assert.equal([...device.values(kept)], wanted);
});

for (const position of ['path-integrator', 'none'])
  test(`walks of the dataset are answered as they are scored: position=${position}`, async () => {
    const units = position === 'none' ? SYMBOLS + 4 : 9;
    const trainer = await createTrainer({
      rule: 'backprop-through-time',
      ...{ dataset: DATASET, task: 'next-symbol:visited', device: await openCpu() },
      options: { position },
      settings: { layers: [36, units, STEPS * SYMBOLS], epochs: 1, batch: 30 },
    });
    const { values, scale, count } = DATASET.test.images;
    const [code, output] = await trainer.respond(Float32Array.from(values, (byte) => byte * scale));
    assert.is(code!.length, count * units);
    let [right, all] = [0, 0];
    for (const [w, walk] of walksOf(DATASET.test).entries())
      for (const [step, arrival] of arrivalsOf(walk).entries()) {
        if (!arrival) continue;
        all++;
        const at = (w * STEPS + step) * SYMBOLS;
        const row = [...output!.subarray(at, at + SYMBOLS)];
        if (row.indexOf(Math.max(...row)) === walk.symbols[step]) right++;
      }
    const { testScore } = await trainer.measure();
    assert.ok(right > 0 && Math.abs(testScore! - (100 * right) / all) < 1e-4, `${testScore}`);
    await trainer.dispose();
  });

test('training has the score of its minibatches', async () => {
  const trainer = await createTrainer({
    rule: 'backprop-through-time',
    ...{ dataset: DATASET, task: 'next-symbol:visited', device: await openCpu() },
    options: { position: 'path-integrator' },
    settings: { layers: LAYERS, epochs: 1, batch: 30, learningRate: 1e-9 },
  });
  for await (const { trainScore, testScore } of trainer.epochs())
    assert.equal([Math.round(trainScore! * 1e4), Math.round(testScore! * 1e4)], [1e6, 1e6]);
  await trainer.dispose();
});

const refuses = (
  message: RegExp,
  argument: string,
  settings: SettingsInput = {},
  dataset: Dataset = DATASET,
  options: Record<string, string | number> = {},
) => {
  const filled = { ...DEFAULTS, layers: LAYERS, ...settings } as typeof DEFAULTS;
  assert.throws(
    () =>
      nextSymbol.check({
        argument,
        dataset,
        settings: filled,
        definition: findRule('backprop-through-time'),
        options,
      }),
    (error: unknown) => error instanceof UserError && message.test(error.message),
    String(message),
  );
};

test('what does not go with the task is refused with a sentence', () => {
  refuses(
    /knows no criterion 'new': write next-symbol:visited, next-symbol:unseen-edge, next-symbol:unseen-action$/,
    'new',
  );
  refuses(/^the images of 'tiny' are no walks/, 'visited', {}, tinyDataset());
  refuses(/has 18 steps .* the first size must be 36 and the last 810, not 36 and 809$/, 'visited', {
    layers: [36, 9, 809],
  });
  refuses(/must be 36 and the last 810, not 54 and 810$/, 'visited', { layers: [54, 9, 810] });
  refuses(/^loss: symbols are classes/, 'visited', { loss: 'squared-error' });
  refuses(
    /^the option 'actions' of the rule 'backprop-through-time' is 2, but walks of 'graph-worlds:3x3-torus' have 4 actions: set it to 4$/,
    ...(['visited', {}, DATASET, { actions: 2, position: 'learned' }] as const),
  );
  refuses(
    /^layers: a path integrator .* has 9 nodes, but there are 4 units: give at least as many$/,
    ...(['visited', { layers: [36, 4, 810] }, DATASET, { actions: 4, position: 'path-integrator' }] as const),
  );
  assert.throws(
    () => findTask('next-symbol'),
    /needs <criterion> after its name: write next-symbol:<criterion>/,
  );
});

test('a rule that answers once is refused', () => {
  const settings = { ...DEFAULTS, layers: LAYERS };
  assert.throws(
    () =>
      nextSymbol.check({
        argument: 'visited',
        dataset: DATASET,
        settings,
        definition: findRule('backprop'),
        options: {},
      }),
    (error: unknown) =>
      error instanceof UserError &&
      /^the rule 'backprop' answers once .* --rules backprop-through-time$/.test(error.message),
  );
});

test('backpropagation through time is for this task alone', () => {
  assert.equal(
    rulesFor('next-symbol')
      .filter(({ onlyTask }) => onlyTask)
      .map(({ name }) => name),
    ['backprop-through-time'],
  );
  assert.not.ok(rulesFor('classify').some(({ name }) => name === 'backprop-through-time'));
});

test.run();
