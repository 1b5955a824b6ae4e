import { sigmoid, type Tensor, UserError } from '../kernels/index.ts';
import {
  BroadcastFeedback,
  type BroadcastKind,
  CompartmentalNetwork,
  type Connection,
  GUERGUIEV_2017,
  type LayeredNetwork,
  type Memory,
  randomDuration,
} from '../networks/index.ts';
import type { Direction } from './direction.ts';
import { defineRule } from './rule.ts';

/** Scales of the updates, 20 / phi_max of hidden and 20 / phi_max^2 of output neurons (Table 1). */
const scales = (maximalRate: number) => ({ hidden: 20 / maximalRate, output: 20 / maximalRate ** 2 });
const PHASE = 50;
const WINDOW = 20;
const SETTLING = 30;
const FIXED = 'set the option phases=fixed';

export const segregatedDendrite = defineRule({
  name: 'segregated-dendrite',
  title: 'Segregated dendrites',
  family: 'segregated dendrites',
  source: 'Guerguiev, Lillicrap & Richards 2017, eLife 6:e22901',
  summary:
    'Spiking neurons compare the plateau potentials of their apical dendrites, which the output layer drives, before and after a teaching current reaches it.',
  equations: `
    dV/dt = −g_l V + g_b (V_b − V) + g_a (V_a − V),   V_b = W s + b,   V_a = Y s_L,   φ = φ_max σ(V)
    s: postsynaptic potentials of Poisson spikes; f, t: means over the end of forward and target phase
    α = σ(mean V_a),   k_b = g_b / (g_l + g_b + g_a),   k_d = g_b / (g_l + g_b)
    hidden: e = −k_b φ_max (α_t − α_f) ∘ σ′(V_f)
    output: e = −k_d φ_max (φ_t − φ_max σ(V_f)) ∘ σ′(V_f)
    ΔW = −η P e s_fᵀ,   Δb = −η P e,   P = 20 / φ_max (hidden), 20 / φ_max² (output)`,
  notes:
    'Where paper and code differ, this is the code, which made the published figures: postsynaptic potentials end ' +
    'after 10 ms, the teaching current is not divided by the time constant (teaching=0.1 for the current of the ' +
    'paper), averages are over the last 20 ms, a test image is shown for 250 ms (testTime=500 in the paper). ' +
    'Potentials and synapses go on from one training image to the next and are cleared before each test image. The ' +
    'first weights are as wide as in the published code; its earlier version drew half as widely ' +
    '(initial segregated-dendrite-narrow, feedbackWidth=0.5), and learns more slowly.',
  plausibility: {
    weightTransport: 'none',
    phases: ['forward phase', 'target phase'],
    feedbackPathway: 'direct',
    storedActivity: 'plateau potential, mean somatic potential and synaptic traces of the forward phase',
    locality: ['presynaptic rate', 'postsynaptic potential', 'apical potential'],
  },
  network: 'compartmental',
  // The noise of spikes averages out over neurons: twelve are not enough.
  trial: { hidden: [100, 50], examples: 8000 },
  options: {
    neurons: {
      default: 'spiking',
      choices: ['spiking', 'rate'],
      description: 'Neurons that are simulated in time, or their steady potentials at once, without spikes.',
    },
    apicalConductance: {
      default: GUERGUIEV_2017.apical,
      description:
        'Conductance from the apical dendrite to the soma, 1/ms: 0 for none, 0.05 for strong attenuation, 0.6 as for the basal one.',
    },
    feedback: {
      default: 'spikes',
      choices: ['spikes', 'rates'],
      description:
        'What the output layer sends to the apical dendrites: postsynaptic potentials, or its rates.',
    },
    feedbackWeights: {
      default: 'random',
      choices: ['random', 'sparse', 'symmetric', 'noisy-symmetric'],
      description:
        'Fixed random weights, a fifth of them times 5, the forward weights, or those with new noise of deviation 0.05 for each image.',
    },
    feedbackWidth: {
      default: 1,
      description:
        'Width of the distribution of random feedback weights, 1 for that of the published code; 0.5 goes with the initial weights segregated-dendrite-narrow.',
    },
    phases: {
      default: 'random',
      choices: ['random', 'fixed'],
      description: 'Phases of 50 ms and a Wald distributed time of 2 ms on average, or of 50 ms.',
    },
    testTime: {
      default: 250,
      description: 'Time that a test image is shown, ms; the answer is the mean after the first 30 ms.',
    },
    teaching: {
      default: GUERGUIEV_2017.teaching,
      description: 'Conductance of the teaching current, 1/ms.',
    },
  },
  recipe: (layers) => ({
    batch: 1,
    activation: 'sigmoid',
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    initial: 'segregated-dendrite',
    optimizer: 'sgd',
    schedule: 'constant',
    learningRate: learningRateFor(layers.length - 1),
  }),
  build({ network: layered, kernels: k, random, options }) {
    checkActivations(layered);
    if (options.testTime < SETTLING + 1 || !Number.isInteger(options.testTime))
      throw new UserError(
        `the option 'testTime' of the rule 'segregated-dendrite' must be a whole number above ${SETTLING}`,
      );
    const network = new CompartmentalNetwork(k, layered, {
      constants: { ...GUERGUIEV_2017, apical: options.apicalConductance, teaching: options.teaching },
      neurons: options.neurons as 'spiking' | 'rate',
      feedback: options.feedback as 'spikes' | 'rates',
      window: WINDOW,
    });
    const { connections } = layered;
    const { maximalRate } = network.constants;
    const P = scales(maximalRate);
    const hidden = connections.slice(0, -1);

    const feedback = new BroadcastFeedback(
      k,
      layered,
      options.feedbackWeights as BroadcastKind,
      options.feedbackWidth,
      random,
    );
    // Neurons go on from one training image to the next; there is a set of them for each size of the minibatch.
    const memories = new Map<number, Memory>();
    const remember = (batch: number): Memory => {
      const memory = network.memory(batch, `neurons of ${batch}`);
      memories.set(batch, memory);
      return memory;
    };
    const duration = (phase: string) =>
      options.phases === 'random'
        ? randomDuration(k, random(`duration of the ${phase} phase`), PHASE - SETTLING, FIXED)
        : PHASE;

    return {
      learn({ input, target, probe }) {
        const shown = network.present(
          input,
          feedback.weights(),
          probe ? undefined : (memories.get(input.rows) ?? remember(input.rows)),
        );
        const forward = shown.phase({ duration: duration('forward'), means: ['psp', 'soma', 'apical'] });
        const taught = shown.phase({
          duration: duration('target'),
          target,
          means: ['outputRate', 'apical'],
        });
        // eq. 28: e = -k_d phi_max (phi_t - phi_max sigma(V_f)) sigma'(V_f)
        const outputError = k.map(
          (phi, v, gain, most) => {
            const s = sigmoid(v);
            return -gain * most * (phi - most * s) * s * (1 - s);
          },
          taught.outputRate,
          forward.soma.at(-1)!,
          network.outputGain,
          maximalRate,
        );
        // eq. 33, with the plateau potentials of eq. 21: e = -k_b phi_max (alpha_t - alpha_f) sigma'(V_f)
        const errors = hidden.map((_, l) =>
          k.map(
            (t, f, v, gain, most) => {
              const s = sigmoid(v);
              return -gain * most * (sigmoid(t) - sigmoid(f)) * s * (1 - s);
            },
            taught.apical[l]!,
            forward.apical[l]!,
            forward.soma[l]!,
            network.hiddenGain,
            maximalRate,
          ),
        );
        // eq. 29 and 35: W -= eta P e s_f
        const direction = (connection: Connection, error: Tensor, l: number): Direction => {
          const scale = (l < hidden.length ? P.hidden : P.output) / input.rows;
          return { connection, products: [{ pre: forward.psp[l]!, post: error, scale, sparse: true }] };
        };
        const directions = (all: readonly Tensor[]) => connections.map((c, l) => direction(c, all[l]!, l));
        return {
          output: k.map((v) => sigmoid(v), forward.soma.at(-1)!),
          directions: directions([...errors, outputError]),
          ...(probe && {
            gradient: directions(gradientErrors(network, forward.soma, outputError)),
            observed: {
              firingRates: forward.soma.map((v) => k.map((x, most) => most * sigmoid(x), v, maximalRate)),
              maximalRate,
            },
          }),
        };
      },
      predict: (input) => {
        const { testTime } = options;
        const window = testTime - SETTLING;
        const shown = network.present(input, feedback.weights());
        return shown.phase({ duration: testTime, means: ['soma'], window }).soma.at(-1)!;
      },
      evaluationBatchSize: 10,
      ...(feedback.fixed && {
        feedback: feedback.fixed.map((weights, l) => ({
          weights,
          forward: connections.slice(l + 1),
          orientation: 'up' as const,
        })),
      }),
    };
  },
});

/** "Learning rate optimization": searched for none, one and two hidden layers. */
function learningRateFor(connections: number): number[] {
  if (connections === 1) return [0.19];
  if (connections === 2) return [0.21, 0.21];
  return [...new Array<number>(connections - 1).fill(0.23), 0.12];
}

/** Errors by backpropagation from the same output error and the same forward phase, as in the authors' `use_backprop`. */
function gradientErrors(
  { kernels: k, connections, constants, hiddenGain }: CompartmentalNetwork,
  soma: readonly Tensor[],
  outputError: Tensor,
): Tensor[] {
  const errors = [outputError];
  for (let l = connections.length - 1; l > 0; l--)
    errors.unshift(
      k.map(
        (e, v, gain, most) => {
          const s = sigmoid(v);
          return gain * most * e * s * (1 - s);
        },
        k.matmul(errors[0]!, connections[l]!.weights, { transposeB: true }),
        soma[l - 1]!,
        hiddenGain,
        constants.maximalRate,
      ),
    );
  return errors;
}

function checkActivations({ populations }: LayeredNetwork): void {
  if (populations.some(({ activation }) => activation !== null && activation !== 'sigmoid'))
    throw new UserError(
      "the neurons of the rule 'segregated-dendrite' have sigmoid rates: leave out the settings activation, loss and outputActivation",
    );
}
