/**
 * Measures how far reading by neurons with an astrocyte is from exact softmax attention, and writes docs/measurements/astrocyte-attention-errors.json:
 *
 *     node --import tsx docs/record-attention.ts
 */
import { writeFileSync } from 'node:fs';
import { Kernels, RandomStream, ReferenceDevice, type Tensor } from '../kernels/index.ts';
import { AttentionNetwork, type NetworkSettings } from '../networks/index.ts';

/** Of the block of the sheet: 16 tokens of 16 values, queries and keys normal. */
const [TOKENS, SIZE, SEEDS] = [16, 16, 10];
export const DEVIATIONS = [0.5, 1, 2] as const;
export const FEATURES = [16, 64, 256, 1024, 4096] as const;

/** How far one size of the block is from softmax attention, a number for each seed. */
export interface AttentionErrors {
  /** Standard deviation of the logits q · k. */
  readonly deviation: number;
  /** m */
  readonly features: number;
  /** |out − softmax attention| / |softmax attention|, over the queries of a seed. */
  readonly output: readonly number[];
  /** The same of r and the denominator of the softmax, Σ exp(q · k). */
  readonly normaliser: readonly number[];
}

/** Norm of the difference, relative to that of what is expected. */
function relative(seen: readonly number[], expected: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return norm(seen.map((x, i) => x - expected[i]!)) / norm(expected);
}

/** Each of the tokens asks once. @returns errors of one seed, in float64 */
export async function measureAttention(
  seed: number,
  deviation: number,
  features: number,
): Promise<{ output: number; normaliser: number }> {
  const device = new ReferenceDevice();
  const k = new Kernels(device, seed);
  const settings: NetworkSettings = {
    layers: [(TOKENS + 1) * SIZE, SIZE, 2],
    activation: 'tanh',
    loss: 'cross-entropy',
    outputActivation: 'linear',
    initial: 'zero',
    structure: 'full',
    synapses: 16,
  };
  const network = new AttentionNetwork(k, seed, settings, {
    pairs: TOKENS,
    attention: 'astrocyte',
    features,
  });
  const draw = (name: string, scale: number) => new RandomStream(seed, name).normal(TOKENS * SIZE, 0, scale);
  // q · k is a sum of so many products, each of deviation `scale` to the fourth power.
  const scale = Math.sqrt(deviation / Math.sqrt(SIZE));
  const [query, keys, values] = [draw('q', scale), draw('k', scale), draw('v', 1)];
  const each = (tokens: Float32Array): Float32Array =>
    Float32Array.from({ length: TOKENS * tokens.length }, (_, i) => tokens[i % tokens.length]!);
  const tensors = {
    query: k.state('q', TOKENS, SIZE, query),
    keys: k.state('k', TOKENS * TOKENS, SIZE, each(keys)),
    values: k.state('v', TOKENS * TOKENS, SIZE, each(values)),
  };
  const kept = { read: k.state('read', TOKENS, SIZE), response: k.state('r', TOKENS, 1) };
  const step = await k.trace('read', () => {
    const { read, response } = network.answer(tensors);
    k.mapInto(kept.read, (x) => x, read);
    k.mapInto(kept.response, (r) => r, response!);
  });
  await step.run({ steps: 1, firstStep: 0, rows: new Uint32Array(0) });
  const exact = softmaxAttention(query, keys, values);
  const seen = (tensor: Tensor) => [...device.values(tensor)];
  return {
    output: relative(seen(kept.read), exact.read),
    normaliser: relative(seen(kept.response), exact.denominator),
  };
}

/** In plain loops. */
function softmaxAttention(query: Float32Array, keys: Float32Array, values: Float32Array) {
  const [read, denominator]: [number[], number[]] = [[], []];
  for (let n = 0; n < TOKENS; n++) {
    const weights = Array.from({ length: TOKENS }, (_, t) => {
      let logit = 0;
      for (let i = 0; i < SIZE; i++) logit += query[n * SIZE + i]! * keys[t * SIZE + i]!;
      return Math.exp(logit);
    });
    const total = weights.reduce((sum, w) => sum + w, 0);
    denominator.push(total);
    for (let c = 0; c < SIZE; c++)
      read.push(weights.reduce((sum, w, t) => sum + (w / total) * values[t * SIZE + c]!, 0));
  }
  return { read, denominator };
}

if (process.argv[1]?.endsWith('record-attention.ts')) {
  const errors: AttentionErrors[] = [];
  for (const deviation of DEVIATIONS)
    for (const features of FEATURES) {
      const seeds = await Promise.all(
        Array.from({ length: SEEDS }, (_, seed) => measureAttention(seed + 1, deviation, features)),
      );
      errors.push({
        ...{ deviation, features },
        output: seeds.map(({ output }) => output),
        normaliser: seeds.map(({ normaliser }) => normaliser),
      });
    }
  const url = new URL('measurements/astrocyte-attention-errors.json', import.meta.url);
  writeFileSync(url, `${JSON.stringify({ tokens: TOKENS, size: SIZE, errors }, null, 1)}\n`);
}
