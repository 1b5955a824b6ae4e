import { defineExperiment, type ExperimentInput, type RulePlan } from '../experiments/index.ts';
import { UserError } from '../kernels/index.ts';

/** A peer program and its own arguments. */
export interface Peer {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

/** The same training on both sides: layers, activations, batch, iterations, float32, plain SGD at a constant rate. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly plan: RulePlan;
  readonly peers: readonly Peer[];
  /** The ratio that is aimed at, ours over the first peer's examples/s on one thread. */
  readonly atLeast: { readonly blas: number; readonly none: number };
}

export const SGD = { optimizer: 'sgd', schedule: 'constant', loss: 'cross-entropy', batch: 100 } as const;

/** What a user would ask of `dendrite compare`; diagnostics would be measured between epochs only. */
export function planOf(
  name: string,
  layers: number[],
  settings: ExperimentInput['settings'],
  options: Record<string, unknown> = {},
): RulePlan {
  const input = { dataset: 'mnist-full', layers, seeds: [1], diagnostics: ['none'], settings };
  // Longer than any measurement: the measurement stops the run.
  const epochs = 100_000;
  return defineExperiment({
    ...input,
    settings: { ...settings, epochs },
    rules: [{ name, options }],
  }).rules[0]!;
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'backprop',
    title: 'backprop 784-500-10, batch 100',
    plan: planOf('backprop', [784, 500, 10], { ...SGD, activation: 'relu', learningRate: [0.5] }),
    peers: [{ name: 'PyTorch autograd', file: 'backprop.py', args: [] }],
    atLeast: { blas: 1.1, none: 0.6 },
  },
  {
    name: 'fa',
    title: 'feedback alignment 784-500-10, batch 100',
    plan: planOf('feedback-alignment', [784, 500, 10], { ...SGD, activation: 'tanh', learningRate: [1] }),
    peers: [{ name: 'PyTorch', file: 'feedback_alignment.py', args: ['--mode', 'fa'] }],
    atLeast: { blas: 1.1, none: 0.6 },
  },
  {
    name: 'dfa',
    title: 'direct feedback alignment 784-500-10, batch 100',
    plan: planOf('direct-feedback-alignment', [784, 500, 10], {
      ...SGD,
      activation: 'tanh',
      learningRate: [1],
    }),
    peers: [{ name: 'PyTorch', file: 'feedback_alignment.py', args: ['--mode', 'dfa'] }],
    atLeast: { blas: 1.1, none: 0.6 },
  },
  {
    name: 'ep',
    title: 'equilibrium propagation 784-500-10, batch 20, 20 + 4 steps',
    plan: planOf('equilibrium-propagation', [784, 500, 10], {}),
    peers: [{ name: 'PyTorch', file: 'equilibrium_propagation.py', args: [] }],
    atLeast: { blas: 1.6, none: 1 },
  },
  {
    name: 'ep-2',
    title: 'equilibrium propagation 784-500-500-10, batch 20, 150 + 6 steps',
    plan: planOf('equilibrium-propagation', [784, 500, 500, 10], {}),
    peers: [{ name: 'PyTorch', file: 'equilibrium_propagation.py', args: ['--arch', '784,500,500,10'] }],
    atLeast: { blas: 1.3, none: 0.4 },
  },
  {
    name: 'dendrites',
    title: 'segregated dendrites 784-500-10, spiking, 50 + 50 ms',
    plan: planOf('segregated-dendrite', [784, 500, 10], {}, { phases: 'fixed' }),
    peers: [
      { name: 'NumPy blocked', file: 'segregated_dendrite.py', args: ['--mode', 'blocked'] },
      { name: 'NumPy step', file: 'segregated_dendrite.py', args: ['--mode', 'step'] },
    ],
    atLeast: { blas: 2, none: 2 },
  },
];

/** @throws UserError for a name that there is not */
export function chooseWorkloads(only: string | undefined): readonly Workload[] {
  if (only === undefined) return WORKLOADS;
  const names = only.split(',').map((name) => name.trim());
  const known = WORKLOADS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UserError(`--only ${only}: there is no workload '${unknown}'; choose from ${known.join(', ')}`);
  return WORKLOADS.filter(({ name }) => names.includes(name));
}
