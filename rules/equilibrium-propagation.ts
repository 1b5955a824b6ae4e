import { type StepInfo, type Tensor, UserError } from '../kernels/index.ts';
import {
  DYNAMICS,
  EnergyNetwork,
  type Nudge,
  type PhaseOptions,
  type SettlingState,
} from '../networks/index.ts';
import { checkContinual, followedPhase } from './continual.ts';
import { checkPhases, contrasts, publishedFor, readoutDirection } from './contrast.ts';
import { defineRule } from './rule.ts';
import { settledProbe } from './settled-probe.ts';

export const equilibriumPropagation = defineRule({
  name: 'equilibrium-propagation',
  title: 'Equilibrium propagation',
  family: 'energy-based',
  source: 'Scellier & Bengio 2017, Front. Comput. Neurosci. 11:24',
  summary:
    'A network with symmetric weights settles twice, the second time with its outputs nudged towards the target; Hebbian products of the two phases are contrasted.',
  equations: `
    E = ½ Σ s_i² − Σ_{i<j} W_ij ρ(s_i) ρ(s_j) − Σ b_i ρ(s_i),   C = ‖y − t‖²,   F = E + β C
    ds/dt = −∂F/∂s,   settled at s⁰ for β = 0, from there to s^β
    ΔW_ij = η/β (ρ(s_i^β) ρ(s_j^β) − ρ(s_i⁰) ρ(s_j⁰))
    symmetric: ΔW_ij = η/2β (ρ(s_i^β) ρ(s_j^β) − ρ(s_i^−β) ρ(s_j^−β))`,
  plausibility: {
    weightTransport: 'exact',
    phases: ['free phase', 'nudged phase'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates at the end of the free phase, until the nudged phase ends',
    locality: ['presynaptic rate', 'postsynaptic rate'],
  },
  notes:
    'Published for 784-500-10 with 20 + 4 iterations, and with one and two more hidden layers of 500 and 150 + 6 and 500 + 8: ' +
    'iterations, beta and rates follow the depth of the network. The rates belong to beta: the update is that of the cost ' +
    'without the factor 1/2, twice that of the loss shown. ' +
    'With `--loss cross-entropy` the outputs are a softmax readout that takes no part in the settling (Laborieux et al. 2021). ' +
    'The prototypical form was published with epsilon 1, other rates and no memory of states: for 784-512-10 ' +
    '`persistent=false`, `randomSign=false`, 40 + 15 iterations, units with the sigmoid of 4 (s - 1/2), and in the convention here beta 0.05 and rates 0.04,0.02; ' +
    'continual updates with 40 + 15 iterations, beta 0.1 and the small rates 0.0028,0.0014. ' +
    'States start from zero in predictions.',
  network: 'energy',
  options: {
    beta: {
      default: 0.5,
      description:
        "Strength of the nudge. The cost is the squared error without a factor 1/2, as in the authors' code, so that 0.5 here is 1 in the paper; cross-entropy is taken as it is.",
    },
    randomSign: { default: true, description: 'The sign of beta is drawn anew for each minibatch.' },
    freeIterations: { default: 20, description: 'Steps of the free phase, and of a prediction.' },
    nudgedIterations: { default: 4, description: 'Steps of the nudged phase.' },
    epsilon: {
      default: 0.5,
      description:
        "Size of a step of the dynamics, in the neurons' time constants; 1 makes the prototypical dynamics one-shot.",
    },
    persistent: {
      default: true,
      description: 'The free phase starts where that of the same example ended the last time, not at zero.',
    },
    estimate: {
      default: 'one-sided',
      choices: ['one-sided', 'symmetric'],
      description:
        'Contrast of the nudged with the free phase, or of two phases nudged by beta and -beta (Laborieux et al. 2021).',
    },
    dynamics: {
      default: 'energy-based',
      choices: DYNAMICS,
      description: 'Descent of the energy, or the discrete-time s <- rho(W s) of Ernoult et al. 2019.',
    },
    continual: {
      default: false,
      description:
        'Within the nudged phase the weights follow each step (Ernoult et al. 2020); needs plain sgd at a constant rate.',
    },
  },
  recipe(layers) {
    const { free, nudged, beta, learningRate } = publishedFor(layers);
    return {
      batch: 20,
      activation: 'hard-sigmoid',
      loss: 'squared-error',
      outputActivation: 'hard-sigmoid',
      initial: 'glorot-uniform',
      optimizer: 'sgd',
      schedule: 'constant',
      learningRate,
      options: { beta, freeIterations: free, nudgedIterations: nudged },
    };
  },
  build({ network, kernels: k, random, options, examples, optimizer }) {
    const { freeIterations, nudgedIterations, epsilon, dynamics, estimate } = options;
    checkPhases('equilibrium-propagation', { freeIterations, nudgedIterations }, epsilon);
    if (!(options.beta > 0))
      throw new UserError("the option 'beta' of the rule 'equilibrium-propagation' must be above 0");
    if (options.continual) checkContinual(estimate, optimizer);
    const energy = new EnergyNetwork(k, network, {
      dynamics: dynamics as (typeof DYNAMICS)[number],
      epsilon,
    });
    const particles = options.persistent ? energy.particles(examples) : null;
    const signs = random('sign of beta');
    const sign = ({ step }: StepInfo) => (options.randomSign && (signs.wordAt(step) & 1) === 1 ? -1 : 1);
    const settle = (start: SettlingState, drive: Tensor) => energy.relax(start, drive, freeIterations);

    return {
      learn({ input, target, probe }) {
        const drive = energy.drive(input);
        const free = settle(particles?.recall(input.rows) ?? energy.rest(input.rows), drive);
        const phase = (factor: number): PhaseOptions & { nudge: Nudge } => {
          const beta = k.hostScalar('beta', (info) => factor * sign(info) * options.beta);
          return { nudge: { target, beta } };
        };
        const symmetric = estimate === 'symmetric';
        const inverse = k.hostScalar('1 / beta', (info) => sign(info) / (options.beta * (symmetric ? 2 : 1)));
        const first = phase(1);
        const nudged = options.continual
          ? followedPhase(k, energy, free, input, nudgedIterations, first, inverse, optimizer.learningRate)
          : energy.relax(free, drive, nudgedIterations, first);
        // eq. 39: (rho rho nudged - rho rho free) / beta; symmetric: of the two nudged phases, / 2 beta
        const opposite = symmetric ? energy.relax(free, drive, nudgedIterations, phase(-1)) : null;
        const directions = contrasts(k, energy, input, nudged, opposite ?? free, inverse);
        if (energy.readout)
          directions.push(readoutDirection(k, energy, opposite ? [nudged, opposite] : [nudged], target));
        return {
          output: energy.output(free),
          directions,
          ...(probe && settledProbe(k, energy, { input, target }, drive, free, freeIterations)),
          ...(particles && { rowWrites: particles.keep(free) }),
        };
      },
      predict: (input) => energy.output(settle(energy.rest(input.rows), energy.drive(input))),
    };
  },
});
