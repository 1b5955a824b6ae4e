import { checkTwoCompartments, twoCompartmentNetwork, URBANCZIK_2014 } from '../networks/index.ts';
import { outerProduct } from './direction.ts';
import { defineRule, type Minibatch } from './rule.ts';

const OPTIONS = {
  teachingConductance: {
    default: 1,
    above: 0,
    search: { logUniform: [0.1, 10] },
    description:
      'Conductance with which the teacher nudges a soma, 1/ms: g_E of the neuron of the class, g_I of the others; the leak is 0.1, and the conductance from the dendrite 2.',
  },
} as const;

export const dendriticPrediction = defineRule({
  name: 'dendritic-prediction',
  title: 'Dendritic prediction of somatic spiking',
  family: 'dendritic prediction',
  source: 'Urbanczik & Senn 2014, Neuron 81:521-528',
  summary:
    'A dendrite learns to predict the firing of its soma, which a teacher nudges: the smallest example of learning with compartments, in the output neurons.',
  equations: `
    dendrite:    V = W r + b,   V* = g_D V / (g_L + g_D),   φ(U) = φ_max / (1 + k exp(β (θ − U)))
    soma:        0 = −g_L U + g_D (V − U) + g_E (E_E − U) + g_I (E_I − U)
    ΔW = η (φ(U) − φ(V*)) h(V*) rᵀ,   h = φ′/φ = β (1 − φ/φ_max)
    it descends φ(V*) − φ(U) log φ(V*), which is least where V* = U
    hidden layers keep their random weights`,
  notes:
    'This is the rule for rates at steady potentials: φ(U) in place of spikes S, firing rates in place of postsynaptic potentials, no low-pass filter of the induction. Rates are in units of φ_max. ' +
    'The paper could not be read: equations and constants are those of a later implementation (phll/Neuro-Backprop), the teaching conductance and the learning rate were chosen here. ' +
    'The paper teaches single neurons, so that the network of the rule is 784-10; hidden layers, where there are any, stay as they are drawn, as under shallow. ' +
    'What a synapse onto an output neuron sees is its presynaptic rate, the potential of its dendrite and the firing of its soma.',
  plausibility: {
    weightTransport: 'none',
    phases: ['the dendrite predicts while the soma is nudged'],
    feedbackPathway: 'none',
    storedActivity: 'none: soma and dendrite hold both factors',
    locality: [],
  },
  network: twoCompartmentNetwork,
  // The conductance of the teacher excites the neuron of one class and inhibits the others.
  needsClasses: true,
  trial: { layers: [784, 10] },
  options: OPTIONS,
  recipes: [
    {
      name: 'urbanczik-2014',
      source: 'Urbanczik & Senn 2014, with a learning rate and initial weights that were chosen here',
      settings: () => ({
        loss: 'squared-error',
        outputActivation: 'sigmoid',
        initial: 'glorot-uniform',
        optimizer: 'sgd',
        learningRate: [0.05],
      }),
    },
  ],
  checkOptions: (_options, settings) => checkTwoCompartments(settings),
  build({ network, kernels: k, options: { teachingConductance } }) {
    const look = ({ input, target }: Minibatch) => {
      const activity = network.predict(input);
      const { potential, rate } = activity.at(-1)!;
      const firing = network.outputRate(network.nudged(potential, target, teachingConductance));
      // Directions are descended: -(φ(U) - φ(V*)) h(V*).
      const error = k.map((y, s, beta) => (y - s) * beta * (1 - y), rate, firing, URBANCZIK_2014.beta);
      const below = activity.at(-2)!.rate;
      return {
        activity,
        directions: [outerProduct(network.connections.at(-1)!, below, error, 1 / error.rows)],
      };
    };
    return {
      learn(batch) {
        const { activity, directions } = look(batch);
        return { output: activity.at(-1)!.rate, directions };
      },
      observe(batch) {
        const { activity, directions } = look(batch);
        return { directions, firingRates: activity.slice(1).map(({ rate }) => rate) };
      },
    };
  },
});
