import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, UserError } from '../../kernels/index.ts';
import { findRule, resolveOptions } from '../../rules/index.ts';
import { EyeMovement, otherRows } from '../../rules/views.ts';
import { float64, networkSettings, normalState, runOnce } from '../support.ts';
import { type Matrix, matrix, multiply, potentials } from './by-hand.ts';
import { distanceFromDifferences } from './differences.ts';
import { learnedOf } from './learned.ts';

const RULE = findRule('clapp');
const LAYERS = [9, 6, 4, 3];
const [INPUTS, BATCH] = [9, 12];

/** What follows each image in the trace 'test', by the parts that have tests of their own: images, and y of each. */
async function glances(sampling: string): Promise<{ images: Matrix; y: number[] }[]> {
  const { device, k } = float64();
  const input = normalState(k, 'input', BATCH, INPUTS);
  const eye = new EyeMovement(k, INPUTS, 2);
  const keep = (name: string, columns: number) => k.state(name, BATCH, columns);
  const [same, other, rests] = [keep('same', INPUTS), keep('other', INPUTS), keep('rests', 1)];
  await runOnce(k, () => {
    const moved = eye.move(input);
    k.mapInto(same, (x) => x, moved);
    k.mapInto(other, (x) => x, otherRows(k, moved));
    k.mapInto(rests, (x) => x, k.bernoulli('fixation', k.constant(0.5, BATCH, 1)));
  });
  const read = (t: Tensor) => matrix(device.values(t), t.columns);
  const all = { fixation: read(same), saccade: read(other), rests: read(rests).flat() };
  if (sampling === 'synchronous')
    return [
      { images: all.fixation, y: all.rests.map(() => 1) },
      { images: all.saccade, y: all.rests.map(() => -1) },
    ];
  assert.ok(all.rests.includes(0) && all.rests.includes(1), 'both should come up');
  return [
    {
      images: all.rests.map((rests, b) => (rests === 1 ? all.fixation[b]! : all.saccade[b]!)),
      y: all.rests.map((rests) => 2 * rests - 1),
    },
  ];
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

async function scene(sampling: string, gain = 15) {
  const learned = await learnedOf('clapp', {
    network: { layers: LAYERS },
    options: { sampling },
    batch: BATCH,
    set: (values) => {
      for (const name of ['prediction in hidden 1', 'prediction in hidden 2'])
        values(name).set(values(name).map((p) => gain * p));
    },
  });
  const { values, network } = learned;
  const next = await glances(sampling);
  const ratesOf = (input: Matrix, l: number) =>
    potentials(values, network.connections, input, Math.tanh)[l]!.map((row) => row.map(Math.tanh));
  /** y u of each glance of each image. */
  const margins = (l: number): number[] => {
    const context = ratesOf(matrix(values('input'), INPUTS), l);
    const predicted = multiply(context, matrix(values(`prediction in hidden ${l + 1}`), LAYERS[l + 1]!));
    return next.flatMap(({ images, y }) => ratesOf(images, l).map((z, b) => y[b]! * dot(z, predicted[b]!)));
  };
  const loss = (l: number) => margins(l).reduce((sum, margin) => sum + Math.max(0, 1 - margin), 0) / BATCH;
  return { ...learned, margins, loss };
}

for (const sampling of ['alternating', 'synchronous'])
  test(`each layer descends its own loss: ${sampling}`, async () => {
    const { values, own, biases, feedback, margins, loss } = await scene(sampling);
    for (const l of [0, 1]) {
      assert.ok(margins(l).some((m) => m > 1) && margins(l).some((m) => m < 1), 'some are predicted already');
      const off = [
        distanceFromDifferences(values(`weights ${l + 1}`), own[l]!, () => loss(l)),
        distanceFromDifferences(values(`bias ${l + 1}`), biases[l]!, () => loss(l)),
        distanceFromDifferences(
          values(`prediction in hidden ${l + 1}`),
          feedback(`prediction in hidden ${l + 1}`)!,
          () => loss(l),
        ),
      ];
      assert.ok(Math.max(...own[l]!.map(Math.abs)) > 1e-3, `hidden ${l + 1} learns`);
      assert.ok(Math.max(...off) < 1e-8, `hidden ${l + 1}: off by ${off.join(', ')}`);
    }
  });

test('the read-out has its gradient', async () => {
  const { own, exact } = await scene('alternating');
  assert.equal([...own[2]!], [...exact[2]!]);
});

test('images that are not square are refused', () => {
  const check = (shift: number, layers: number[]) => () =>
    RULE.checkOptions!(resolveOptions(RULE, { shift }), networkSettings({ layers }) as never);
  check(2, LAYERS)();
  check(0, [5, 4, 3])();
  assert.throws(
    check(2, [5, 4, 3]),
    (error: unknown) =>
      error instanceof UserError && /the rule 'clapp' moves square images/.test(error.message),
  );
});

test.run();
