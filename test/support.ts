import { Kernels, RandomStream, ReferenceDevice, type Table, type Tensor } from '../kernels/index.ts';
import type { Network, NetworkSettings } from '../networks/index.ts';
import {
  type OptimizerOptions,
  type OptionTable,
  type Rule,
  type RuleDefinition,
  resolveOptions,
} from '../rules/index.ts';

/** Bits that several tests need: a float64 device with kernels, small networks, small tables. */
export function float64(seed = 1): { device: ReferenceDevice; k: Kernels } {
  const device = new ReferenceDevice();
  return { device, k: new Kernels(device, seed) };
}

export const networkSettings = (options: Partial<NetworkSettings> = {}): NetworkSettings => ({
  layers: [5, 4, 3],
  activation: 'tanh',
  loss: 'cross-entropy',
  outputActivation: 'linear',
  initial: 'glorot-uniform',
  structure: 'full',
  synapses: 16,
  ...options,
});

/** Records `body` and runs it for one step or more. */
export async function runOnce(
  k: Kernels,
  body: () => void,
  steps = 1,
  rows = new Uint32Array(0),
): Promise<void> {
  const executable = await k.trace('test', body);
  await executable.run({ steps, firstStep: 0, rows });
}

/** A state with normal values from a named stream. */
export const normalState = (k: Kernels, name: string, rows: number, columns: number): Tensor =>
  k.state(name, rows, columns, new RandomStream(7, name).normal(rows * columns, 0, 1));

/** One-hot targets, as a state: row i belongs to class i modulo `classes`. */
export const oneHotState = (k: Kernels, rows: number, classes: number): Tensor =>
  k.state(
    'target',
    rows,
    classes,
    Float32Array.from({ length: rows * classes }, (_, i) =>
      Number(Math.floor(i / classes) % classes === i % classes),
    ),
  );

const OPTIMIZER: OptimizerOptions = {
  optimizer: 'sgd',
  learningRate: [0.1],
  momentum: 0.9,
  weightDecay: 0,
  schedule: 'constant',
};

/** The kind of network that a rule trains, with the weights of a seed. */
export const buildNetwork = <N extends Network>(
  definition: RuleDefinition<OptionTable, N>,
  k: Kernels,
  settings: NetworkSettings,
  options: Record<string, unknown> = {},
  seed = 1,
  examples = 100,
): N =>
  definition.network.build(
    k,
    seed,
    settings,
    definition.networkParameters?.(resolveOptions(definition, options), examples),
  );

/** A rule on a network that was built before. */
export const buildRule = (
  definition: RuleDefinition,
  network: Network,
  k: Kernels,
  options: Record<string, unknown> = {},
  seed = 1,
  optimizer: Partial<OptimizerOptions> = {},
): Rule =>
  definition.build({
    network,
    kernels: k,
    random: (name) => new RandomStream(seed, name),
    options: resolveOptions(definition, options),
    examples: 100,
    optimizer: { ...OPTIMIZER, ...optimizer },
  });

/** Bytes as a table of rows scaled to [0, 1]. */
export const byteTable = (values: Uint8Array, columns: number): Table => ({
  name: 'bytes',
  count: values.length / columns,
  columns,
  values,
  encoding: 'scaled',
  scale: 1 / 255,
});

/** Angle between two lists of numbers, in degrees. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return (Math.acos(Math.max(-1, Math.min(1, dot / Math.sqrt(aa * bb)))) * 180) / Math.PI;
}
