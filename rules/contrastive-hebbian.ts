import { UserError } from '../kernels/index.ts';
import { EnergyNetwork } from '../networks/index.ts';
import { checkPhases, contrasts, publishedFor } from './contrast.ts';
import { defineRule } from './rule.ts';
import { settledProbe } from './settled-probe.ts';

export const contrastiveHebbian = defineRule({
  name: 'contrastive-hebbian',
  title: 'Contrastive Hebbian learning',
  family: 'energy-based',
  source: 'Movellan 1991, Connectionist Models Summer School, 10-17; Scellier & Bengio 2017, section 4.1',
  summary:
    'A network with symmetric weights settles with its outputs free and with its outputs clamped to the target; Hebbian products of the two phases are contrasted.',
  equations: `
    E = ½ Σ s_i² − Σ_{i<j} W_ij ρ(s_i) ρ(s_j) − Σ b_i ρ(s_i)
    ds/dt = −∂E/∂s,   settled at s⁰ with free outputs, at s^∞ with outputs held at t
    ΔW_ij = η (ρ(s_i^∞) ρ(s_j^∞) − ρ(s_i⁰) ρ(s_j⁰))`,
  plausibility: {
    weightTransport: 'exact',
    phases: ['free phase', 'clamped phase'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates at the end of the free phase, until the clamped phase ends',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  notes:
    'States of examples are not kept by default. With `persistent=true` clamping drives training examples into minima that ' +
    'predictions, which start from zero, do not find: on all of MNIST the training error then falls and the test error rises.',
  network: 'energy',
  options: {
    freeIterations: { default: 20, description: 'Steps of the free phase, and of a prediction.' },
    clampedIterations: { default: 20, description: 'Steps of the clamped phase, from the free state.' },
    epsilon: {
      default: 0.5,
      description: "Size of a step of the dynamics, in the neurons' time constants.",
    },
    persistent: {
      default: false,
      description:
        'The free phase starts where that of the same example ended the last time, not at zero; clamping moves examples into minima of their own, which a prediction, from zero, does not find.',
    },
  },
  /** That of equilibrium propagation: the rule is its limit for a large beta, but for the division by beta. */
  recipe(layers) {
    const { free, learningRate } = publishedFor(layers);
    return {
      batch: 20,
      activation: 'hard-sigmoid',
      loss: 'squared-error',
      outputActivation: 'hard-sigmoid',
      initial: 'glorot-uniform',
      optimizer: 'sgd',
      schedule: 'constant',
      learningRate,
      options: { freeIterations: free, clampedIterations: free },
    };
  },
  build({ network, kernels: k, options, examples }) {
    const { freeIterations, clampedIterations, epsilon } = options;
    checkPhases('contrastive-hebbian', { freeIterations, clampedIterations }, epsilon);
    const energy = new EnergyNetwork(k, network, { dynamics: 'energy-based', epsilon });
    if (energy.readout)
      throw new UserError(
        "the rule 'contrastive-hebbian' clamps outputs to the target, so the loss must be squared-error",
      );
    const particles = options.persistent ? energy.particles(examples) : null;
    return {
      learn({ input, target, probe }) {
        const drive = energy.drive(input);
        const free = energy.relax(
          particles?.recall(input.rows) ?? energy.rest(input.rows),
          drive,
          freeIterations,
        );
        const start = [...free.slice(0, -1), { potential: target, rate: target }];
        const clamped = energy.relax(start, drive, clampedIterations, { clamped: true });
        return {
          output: energy.output(free),
          // eq. 30 of Scellier & Bengio 2017
          directions: contrasts(k, energy, input, clamped, free, 1),
          ...(probe && settledProbe(k, energy, { input, target }, drive, free, freeIterations)),
          ...(particles && { rowWrites: particles.keep(free) }),
        };
      },
      predict: (input) =>
        energy.output(energy.relax(energy.rest(input.rows), energy.drive(input), freeIterations)),
    };
  },
});
