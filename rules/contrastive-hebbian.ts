import { UserError } from '../kernels/index.ts';
import { energyNetwork } from '../networks/index.ts';
import { contrast } from './contrast.ts';
import type { Direction } from './direction.ts';
import { CONTRASTIVE_HEBBIAN_RECIPES } from './energy-recipes.ts';
import { type FreePhase, freePhase, settledAt } from './free-phase.ts';
import { observeSettled } from './observe-settled.ts';
import { defineRule, type Minibatch } from './rule.ts';

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
  network: energyNetwork,
  networkParameters: ({ epsilon }) => ({ dynamics: 'energy-based', epsilon }),
  options: {
    freeIterations: {
      default: 20,
      integer: true,
      min: 1,
      description: 'Steps of the free phase, and of a prediction.',
    },
    clampedIterations: {
      default: 20,
      integer: true,
      min: 1,
      description: 'Steps of the clamped phase, from the free state.',
    },
    epsilon: {
      default: 0.5,
      above: 0,
      max: 1,
      description: "Size of a step of the dynamics, in the neurons' time constants.",
    },
    persistent: {
      default: false,
      description:
        'The free phase starts where that of the same example ended the last time, not at zero; clamping moves examples into minima of their own, which a prediction, from zero, does not find.',
    },
  },
  recipes: CONTRASTIVE_HEBBIAN_RECIPES,
  checkOptions(_options, { loss }) {
    if (loss !== 'squared-error')
      throw new UserError(
        "the rule 'contrastive-hebbian' clamps outputs to the target, so the loss must be squared-error",
      );
  },
  build({ network, kernels: k, options, examples }) {
    const { freeIterations, clampedIterations } = options;
    const particles = options.persistent ? network.particles(examples) : null;

    /** s^inf: from the free state, with the outputs held at the target. */
    const clampedPhase = ({ drive, state, currents }: FreePhase, { target }: Minibatch) => {
      const start = [...state.slice(0, -1), { potential: target, rate: target }];
      return network.relax(start, drive, clampedIterations, { clamped: true, currents: currents?.copy() });
    };

    /** dE/dW(s^inf) - dE/dW(s^0), eq. 30 of Scellier & Bengio 2017. */
    const estimate = (free: FreePhase, batch: Minibatch): Direction[] =>
      contrast(k, network, batch.input, free.state, clampedPhase(free, batch), 1);

    return {
      learn(batch) {
        const free = freePhase(network, batch.input, freeIterations, particles);
        return {
          output: network.output(free.state),
          directions: estimate(free, batch),
          ...(particles && { rowWrites: particles.keep(free.state) }),
        };
      },
      observe(batch) {
        const free = freePhase(network, batch.input, freeIterations, particles);
        return {
          directions: estimate(free, batch),
          ...observeSettled(k, network, free, batch.target, freeIterations),
        };
      },
      respond: (input) => network.firingRates(freePhase(network, input, freeIterations, null).state),
      settle: (input) => settledAt(network, freePhase(network, input, freeIterations, null)),
    };
  },
});
