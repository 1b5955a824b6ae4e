import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeAssociativeRecall } from '../../data/index.ts';
import { type Tensor, UserError } from '../../kernels/index.ts';
import { ATTENTIONS, type AttentionNetwork } from '../../networks/index.ts';
import { astrocyteAttention as RULE } from '../../rules/astrocyte-attention.ts';
import { findRule, weightMatrix } from '../../rules/index.ts';
import { checkCondition, findTask, resolveCondition } from '../../training/index.ts';
import { slope } from '../networks/settling-by-hand.ts';
import {
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';

const [PAIRS, WIDTH, SIZE, CLASSES, BATCH] = [3, 4, 3, 2, 2];

/** Directions and gradient of a rule for two episodes, and the slope of the loss. */
async function learned(options: Record<string, unknown>) {
  const { device, k } = float64();
  const chosen = { pairs: PAIRS, features: 5, ...options };
  const settings = networkSettings({ layers: [(PAIRS + 1) * WIDTH, SIZE, CLASSES], initial: 'lecun-normal' });
  const network: AttentionNetwork = buildNetwork(RULE, k, settings, chosen, 3);
  const rule = buildRule(RULE, network, k, chosen);
  const input = normalState(k, 'input', BATCH, settings.layers[0]!);
  const target = oneHotState(k, BATCH, CLASSES);
  const keep = (name: string) =>
    network.connections.map(({ weights }, c) => k.state(`${name} ${c}`, weights.rows, weights.columns));
  const [directions, gradient] = [keep('direction'), keep('gradient')];
  const kept = {
    error: k.state('error', BATCH, CLASSES),
    shares: k.state('shares', BATCH * PAIRS, 1),
  };
  await runOnce(k, () => {
    const fill = (into: readonly Tensor[], from: ReturnType<typeof rule.learn>['directions']) => {
      for (const [c, direction] of from.entries()) k.mapInto(into[c]!, (w) => w, weightMatrix(k, direction));
    };
    fill(directions, rule.learn({ input, target }).directions);
    fill(gradient, rule.observe!({ input, target }).gradient!);
    const { output, shares } = network.attend(input);
    k.mapInto(kept.error, (_, y, t) => y - t, kept.error, output.rate, target);
    k.mapInto(kept.shares, (s) => s, shares);
  });
  const loss = k.state('loss', 1, 1);
  const forward = await k.trace('loss', () =>
    k.sum(network.loss(network.respond(input).at(-1)!, target), {
      over: 'all',
      scale: 1 / BATCH,
      into: loss,
    }),
  );
  const slopes = network.connections.map(({ weights }) => {
    const values = device.values(weights);
    return Float64Array.from(values, (_, i) =>
      slope(values as unknown as number[], i, () => {
        // The reference device computes at once, though it answers later.
        void forward.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
        return device.values(loss)[0]!;
      }),
    );
  });
  const read = (tensors: readonly Tensor[]) => tensors.map((t) => [...device.values(t)]);
  return {
    directions: read(directions),
    gradient: read(gradient),
    slopes,
    error: [...device.values(kept.error)],
    shares: [...device.values(kept.shares)],
    input: [...device.values(input)],
    feedback: (name: string) => [...device.values(k.states.get(name)!)],
  };
}

function assertClose(seen: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.is(seen.length, expected.length);
  for (let i = 0; i < seen.length; i++)
    assert.ok(Math.abs(seen[i]! - expected[i]!) < tolerance, `${i}: ${seen[i]} instead of ${expected[i]}`);
}

for (const attention of ATTENTIONS)
  test(`with exact feedback all projections follow the gradient, by finite differences: ${attention}`, async () => {
    const { directions, gradient, slopes } = await learned({ attention });
    for (const [c, expected] of slopes.entries()) {
      assert.ok(Math.max(...expected.map(Math.abs)) > 1e-4, `the slope of connection ${c} is too small`);
      assertClose(directions[c]!, expected, 1e-9);
      assertClose(gradient[c]!, expected, 1e-9);
    }
  });

test('with feedback to what is read, the gradient is that of a readout with the feedback weights', async () => {
  const aligned = await learned({ feedback: 'readout' });
  for (const c of [0, 1, 2]) assertClose(aligned.gradient[c]!, aligned.slopes[c]!, 1e-9);
  assertClose(aligned.directions[3]!, aligned.slopes[3]!, 1e-9);
  // W_v: x_tᵀ s_t (e B)
  const weights = aligned.feedback('feedback from output to hidden 1');
  assertClose(aligned.directions[2]!, valuesDirection(aligned, weights), 1e-9);
  const far = aligned.directions[0]!.some((d, i) => Math.abs(d - aligned.slopes[0]![i]!) > 1e-3);
  assert.ok(far);
});

/** Mean over the episodes of x_tᵀ s_t (e B), in plain loops. */
function valuesDirection(
  { input, error, shares }: Awaited<ReturnType<typeof learned>>,
  feedback: readonly number[],
): number[] {
  const direction = new Array<number>(WIDTH * SIZE).fill(0);
  for (let n = 0; n < BATCH; n++)
    for (let t = 0; t < PAIRS; t++)
      for (let i = 0; i < WIDTH; i++)
        for (let c = 0; c < SIZE; c++)
          for (let o = 0; o < CLASSES; o++)
            direction[i * SIZE + c]! +=
              (input[(n * (PAIRS + 1) + t) * WIDTH + i]! *
                shares[n * PAIRS + t]! *
                error[n * CLASSES + o]! *
                feedback[o * SIZE + c]!) /
              BATCH;
  return direction;
}

test('with direct feedback each token learns from the error times how much of it was read', async () => {
  const direct = await learned({ feedback: 'direct' });
  assertClose(direct.directions[3]!, direct.slopes[3]!, 1e-9);
  const toValues = direct.feedback('feedback from output to values');
  assertClose(direct.directions[2]!, valuesDirection(direct, toValues), 1e-9);
  const toKeys = direct.feedback('feedback from output to keys');
  const keys = valuesDirection(direct, toKeys).map((d) => d / SIZE ** 0.25);
  assertClose(direct.directions[1]!, keys, 1e-9);
  const toQuery = direct.feedback('feedback from output to queries');
  const queries = new Array<number>(WIDTH * SIZE).fill(0);
  for (let n = 0; n < BATCH; n++)
    for (let i = 0; i < WIDTH; i++)
      for (let c = 0; c < SIZE; c++)
        for (let o = 0; o < CLASSES; o++)
          queries[i * SIZE + c]! +=
            (direct.input[(n * (PAIRS + 1) + PAIRS) * WIDTH + i]! *
              direct.error[n * CLASSES + o]! *
              toQuery[o * SIZE + c]!) /
            BATCH /
            SIZE ** 0.25;
  assertClose(direct.directions[0]!, queries, 1e-9);
});

test('examples with another number of pairs than the network reads are refused with a sentence', () => {
  const { definition: task, argument } = findTask('associative-recall');
  const check = (rule: string, options: Record<string, number>, pairs: number) => () => {
    const definition = findRule(rule);
    const dataset = makeAssociativeRecall(pairs, 4, 4);
    const settings = { layers: [dataset.width, 4, 16], batch: 2 };
    const condition = resolveCondition(definition, { settings, options }, {}, task);
    checkCondition(condition, definition, { definition: task, argument }, dataset);
  };
  check('astrocyte-attention', { pairs: 2 }, 2)();
  check('backprop', {}, 8)();
  assert.throws(
    check('astrocyte-attention', { pairs: 2 }, 8),
    (error: unknown) =>
      error instanceof UserError &&
      error.message ===
        "the option 'pairs' of the rule 'astrocyte-attention' is 2, but an example of 'associative-recall:8' has 9 tokens (rows), the last of which asks: set it to 8",
  );
});

test.run();
