import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RandomStream, type Tensor, UserError } from '../../kernels/index.ts';
import { AttentionNetwork, type AttentionOptions } from '../../networks/index.ts';
import { float64, networkSettings, normalState, runOnce } from '../support.ts';

const [PAIRS, WIDTH, SIZE, CLASSES, BATCH, FEATURES] = [5, 4, 3, 2, 2, 7];
const LAYERS = [(PAIRS + 1) * WIDTH, SIZE, CLASSES];

/** A block with queries, keys and values of its own, and all that it gives, in float64. */
async function answered(given: Partial<AttentionOptions>, deviation = 1) {
  const { device, k } = float64();
  const options = { pairs: PAIRS, attention: 'astrocyte', features: FEATURES, ...given } as const;
  const network = new AttentionNetwork(k, 1, networkSettings({ layers: LAYERS }), options);
  const drawn = (name: string, rows: number) =>
    k.state(name, rows, SIZE, new RandomStream(3, name).normal(rows * SIZE, 0, deviation));
  const [query, keys, values] = [
    drawn('query', BATCH),
    drawn('keys', BATCH * PAIRS),
    drawn('values', BATCH * PAIRS),
  ];
  const kept = { read: k.state('read', BATCH, SIZE), shares: k.state('shares', BATCH * PAIRS, 1) };
  await runOnce(k, () => {
    const reading = network.answer({ query, keys, values });
    for (const name of ['read', 'shares'] as const) k.mapInto(kept[name], (x) => x, reading[name]);
  });
  const rowsOf = (t: Tensor): number[][] =>
    Array.from({ length: t.rows }, (_, i) => [
      ...device.values(t).subarray(i * t.columns, (i + 1) * t.columns),
    ]);
  const projection = k.states.get('random features');
  return {
    query: rowsOf(query),
    keys: rowsOf(keys),
    values: rowsOf(values),
    read: rowsOf(kept.read),
    shares: rowsOf(kept.shares).flat(),
    omega: projection ? rowsOf(projection) : [],
  };
}

type Answered = Awaited<ReturnType<typeof answered>>;

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Positive random features, a hidden neuron after the other. */
const phi = ({ omega }: Answered, x: readonly number[]): number[] =>
  omega[0]!.map(
    (_, f) =>
      Math.exp(
        dot(
          x,
          omega.map((row) => row[f]!),
        ) -
          dot(x, x) / 2,
      ) / Math.sqrt(omega[0]!.length),
  );

const tokensOf = (rows: number[][], example: number) => rows.slice(example * PAIRS, (example + 1) * PAIRS);

function assertClose(seen: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  assert.is(seen.length, expected.length);
  for (const [i, x] of expected.entries())
    assert.ok(Math.abs(seen[i]! - x) < tolerance, `${i}: ${seen[i]} instead of ${x}`);
}

test('reading by the astrocyte equals linear attention to 1e-12 in float64', async () => {
  const block = await answered({});
  for (let n = 0; n < BATCH; n++) {
    const weights = tokensOf(block.keys, n).map((key) => dot(phi(block, block.query[n]!), phi(block, key)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const expected = Array.from({ length: SIZE }, (_, c) =>
      dot(
        weights.map((w) => w / total),
        tokensOf(block.values, n).map((value) => value[c]!),
      ),
    );
    assertClose(block.read[n]!, expected);
    assertClose(
      tokensOf(
        [block.shares].flat().map((s) => [s]),
        n,
      ).flat(),
      weights.map((w) => w / total),
    );
  }
});

test('it equals synapses and an astrocyte that are written token by token', async () => {
  const [block, undivided] = [await answered({}), await answered({ attention: 'undivided' })];
  for (let n = 0; n < BATCH; n++) {
    const synapses = Array.from({ length: SIZE }, () => new Array<number>(FEATURES).fill(0));
    const astrocyte = new Array<number>(FEATURES).fill(0);
    for (const [t, key] of tokensOf(block.keys, n).entries()) {
      const rates = phi(block, key);
      const value = tokensOf(block.values, n)[t]!;
      for (const [f, rate] of rates.entries()) {
        astrocyte[f]! += rate;
        for (const [c, row] of synapses.entries()) row[f]! += value[c]! * rate;
      }
    }
    const asked = phi(block, block.query[n]!);
    const current = synapses.map((row) => dot(row, asked));
    assertClose(
      block.read[n]!,
      current.map((h) => h / dot(asked, astrocyte)),
    );
    assertClose(undivided.read[n]!, current);
  }
});

test('softmax attention is exact, and what the block comes to with many features', async () => {
  const [exact, block] = [
    await answered({ attention: 'softmax' }, 0.5),
    await answered({ features: 20_000 }, 0.5),
  ];
  for (let n = 0; n < BATCH; n++) {
    const weights = tokensOf(exact.keys, n).map((key) => Math.exp(dot(exact.query[n]!, key)));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const expected = Array.from({ length: SIZE }, (_, c) =>
      dot(
        weights.map((w) => w / total),
        tokensOf(exact.values, n).map((value) => value[c]!),
      ),
    );
    assertClose(exact.read[n]!, expected);
    assertClose(block.read[n]!, expected, 0.03);
  }
});

test('queries are the last token, keys and values the others, and q and k are divided by the fourth root of d', async () => {
  const { device, k } = float64();
  const network = new AttentionNetwork(k, 1, networkSettings({ layers: LAYERS }), {
    ...{ pairs: PAIRS, attention: 'softmax', features: 1 },
  });
  const input = normalState(k, 'input', BATCH, LAYERS[0]!);
  const kept = {
    query: k.state('query', BATCH, SIZE),
    keys: k.state('keys', BATCH * PAIRS, SIZE),
    values: k.state('values', BATCH * PAIRS, SIZE),
  };
  await runOnce(k, () => {
    const attended = network.attend(input);
    for (const name of ['query', 'keys', 'values'] as const) k.mapInto(kept[name], (x) => x, attended[name]);
  });
  const [toQuery, toKeys, toValues] = network.connections;
  const projected = (example: number, token: number, { weights }: typeof toQuery) =>
    Array.from({ length: SIZE }, (_, c) => {
      const at = example * LAYERS[0]! + token * WIDTH;
      const x = [...device.values(input).subarray(at, at + WIDTH)];
      return dot(
        x,
        x.map((_, i) => device.values(weights)[i * SIZE + c]!),
      );
    });
  for (let n = 0; n < BATCH; n++) {
    const row = (t: Tensor, i: number) => [...device.values(t).subarray(i * SIZE, (i + 1) * SIZE)];
    const scaled = (x: number[]) => x.map((u) => u / SIZE ** 0.25);
    assertClose(row(kept.query, n), scaled(projected(n, PAIRS, toQuery)));
    for (let t = 0; t < PAIRS; t++) {
      assertClose(row(kept.keys, n * PAIRS + t), scaled(projected(n, t, toKeys)));
      assertClose(row(kept.values, n * PAIRS + t), projected(n, t, toValues));
    }
  }
});

test('other layers and losses are refused with a sentence', () => {
  const refused = (given: object) => {
    try {
      new AttentionNetwork(float64().k, 1, networkSettings({ layers: LAYERS, ...given }), {
        ...{ pairs: PAIRS, attention: 'astrocyte', features: 4 },
      });
    } catch (error) {
      assert.instance(error, UserError);
      return (error as Error).message;
    }
    return '';
  };
  assert.match(refused({ layers: [24, 2] }), /^layers: a head of attention has inputs of 6 tokens/);
  assert.match(refused({ layers: [25, 3, 2] }), /not 25,3,2$/);
  assert.match(refused({ loss: 'squared-error' }), /cross-entropy, not squared-error/);
});

test.run();
