import type { Device, Kernels, Tensor } from '../../kernels/index.ts';
import { RandomStream } from '../../kernels/index.ts';
import type { AssociativeNetwork } from '../../networks/index.ts';
import { findRule, Optimizer, type Rule } from '../../rules/index.ts';
import { buildNetwork, buildRule, byteTable, networkSettings, runOnce } from '../support.ts';
import type { Matrix } from './by-hand.ts';

/** So many random rows of -1 and 1. */
export function randomSigns(name: string, count: number, size: number): Matrix {
  const random = new RandomStream(3, name);
  return Array.from({ length: count }, () => Array.from({ length: size }, () => 2 * random.integer(2) - 1));
}

/** Each row with so many of its first signs, from a place of its own, turned. */
export const turned = (rows: Matrix, count: number): Matrix =>
  rows.map((row, n) => row.map((s, i) => ((i + 3 * n) % row.length < count ? -s : s)));

/** All states of so many neurons. */
export const allStates = (size: number): Matrix =>
  Array.from({ length: 2 ** size }, (_, n) => Array.from({ length: size }, (_, i) => 2 * ((n >> i) & 1) - 1));

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** A memory that has stored patterns of -1 and 1, one after the other. */
export interface Memory {
  readonly network: AssociativeNetwork;
  readonly rule: Rule;
  readonly k: Kernels;
  readonly states: ReadonlyMap<string, Tensor>;
  /** What becomes of cues of -1 and 1. @param settings other options of recall */
  recall(
    cues: Matrix,
    options?: Record<string, unknown>,
  ): Promise<{ states: Matrix; residual: Matrix | null }>;
  /** Values of a state of the run. */
  read(state: string): Promise<number[]>;
}

/** @param neurons that stand for patterns, where there are such */
export async function memoryOf(
  name: string,
  patterns: Matrix,
  options: Record<string, unknown>,
  { device, k }: { device: Device; k: Kernels },
  neurons = patterns.length,
): Promise<Memory> {
  const size = patterns[0]!.length;
  const definition = findRule(name);
  const network = buildNetwork(
    definition,
    k,
    networkSettings({ layers: [size, size] }),
    options,
    1,
    neurons,
  ) as unknown as AssociativeNetwork;
  const rule = buildRule(definition, network, k, options);
  const table = byteTable(Uint8Array.from(patterns.flat(), pixel), size);
  const sgd = {
    optimizer: 'sgd',
    learningRate: [1],
    momentum: 0,
    weightDecay: 0,
    schedule: 'constant',
  } as const;
  const optimizer = new Optimizer(k, network.connections, sgd, () => patterns.length);
  const step = await k.trace('store', () => {
    const input = k.gather(table, 1);
    optimizer.apply(rule.learn({ input, target: input }).directions);
  });
  const rows = Uint32Array.from(patterns, (_, i) => i);
  await step.run({ steps: patterns.length, firstStep: 0, rows });
  let recalls = 0;
  return {
    network,
    rule,
    k,
    states: k.states,
    async recall(cues, other) {
      const recalling = other ? buildRule(definition, network, k, { ...options, ...other }) : rule;
      const mark = `${recalls++}`;
      const cue = k.state(
        `cues ${mark}`,
        cues.length,
        size,
        Float32Array.from(cues.flat(), (s) => (s > 0 ? 1 : 0)),
      );
      const answer = k.result(`answer ${mark}`, cues.length, size);
      const residual = k.result(`residual ${mark}`, cues.length, size);
      let settles = false;
      await runOnce(k, () => {
        const settled = recalling.settle?.(cue);
        settles = settled !== undefined;
        const [rates] = settled?.firingRates ?? recalling.respond!(cue);
        k.mapInto(answer, (y) => y, rates!);
        if (settled) k.mapInto(residual, (y) => y, settled.residuals[0]!);
      });
      const signs = [...(await device.read(answer))].map((y) => (y > 0.5 ? 1 : -1));
      return {
        states: rowsOf(signs, size),
        residual: settles ? rowsOf([...(await device.read(residual))], size) : null,
      };
    },
    read: async (state) => [...(await device.read(k.states.get(state)!))],
  };
}

const pixel = (s: number): number => (s > 0 ? 255 : 0);

export const rowsOf = (values: readonly number[], size: number): number[][] =>
  Array.from({ length: values.length / size }, (_, n) => values.slice(n * size, (n + 1) * size));

/** E = -sum F(xi . s), with F(x) = x^n, rectified if asked for. */
export const denseEnergy = (patterns: Matrix, s: readonly number[], n: number, rectified = false): number =>
  -patterns.reduce((sum, xi) => {
    const overlap = dot(xi, s);
    return sum + (rectified ? Math.max(overlap, 0) : overlap) ** n;
  }, 0);

/** Updates in the order of neurons: each state is what gives the lower energy, and stays where both give the same. */
export function descend(
  s: readonly number[],
  sweeps: number,
  energy: (s: readonly number[]) => number,
): number[] {
  const state = [...s];
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (const i of state.keys()) {
      const flipped = state.map((own, j) => (j === i ? -own : own));
      if (energy(flipped) < energy(state)) state[i] = -state[i]!;
    }
  return state;
}
