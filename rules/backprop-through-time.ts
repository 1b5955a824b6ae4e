import type { Kernels, Tensor } from '../kernels/index.ts';
import { checkTemT, softmaxBackward, type TemT, type TemTActivity, temT } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule, type Minibatch, type Recipe } from './rule.ts';

const OPTIONS = {
  position: {
    default: 'learned',
    choices: ['learned', 'path-integrator', 'none'],
    description:
      'The code that keys are made of: learned, set by hand to integrate paths over a square torus (permutations of its nodes, f the identity), or none, the symbol before and the action in its place.',
  },
  actions: {
    default: 4,
    min: 1,
    integer: true,
    description: 'How many there are; each has a matrix of its own.',
  },
  beta: {
    default: 8,
    above: 0,
    description: 'β, inverse temperature of attention before it learns.',
  },
} as const;

const RECIPES: readonly Recipe[] = [
  {
    name: 'few-walks',
    source: 'chosen here, for runs of a minute; not published',
    settings: () => ({
      activation: 'tanh',
      optimizer: 'adam',
      learningRate: [0.003],
      schedule: 'linear',
      batch: 16,
    }),
  },
];

export const backpropThroughTime = defineRule({
  name: 'backprop-through-time',
  title: 'Backpropagation through time',
  family: 'gradient',
  source:
    'Rumelhart, Hinton & Williams 1986, Nature 323:533-536; of TEM-t, Whittington, Warren & Behrens 2022, arXiv:2112.04035',
  summary:
    'The exact gradient of a recurrent network: a walk is unrolled, and errors go back through all of its steps.',
  equations: `
    e_t = f(v_t),   v_t = e_{t−1} W_a for the action a,   q_t = k_t = e_t W,   A_tj = softmax_j(q_t · k_j) over j < t
    y_t = Σ_j A_tj x_j:   probabilities of the next symbol,   loss = −Σ_t log y_t[x_t] over arrivals at known nodes
    ∂A_tj = −x_t · x_j / y_t[x_t],   ∂S_tj = A_tj (∂A_tj − Σ_i A_ti ∂A_ti)
    ∂k_t = Σ_j (∂S_tj + ∂S_jt) k_j
    δ_t = (∂k_t Wᵀ + δ_{t+1} W_aᵀ) ∘ f′(v_t),   a: the action after t
    ΔW = −η Σ_t e_tᵀ ∂k_t,   ΔW_a = −η Σ_t e_{t−1}ᵀ δ_t over the steps with the action a`,
  notes:
    'The network is TEM-t, which goes with `--task next-symbol` alone: what it learns is in docs/graph-worlds.md. Values are the symbols themselves, one-hot, so that attention mixes ' +
    'probabilities; neither symbols nor values have weights, and nothing of a symbol can be learned. The equations of TEM-t are those that the paper is known for, from memory and summaries, without its code. That queries and keys are one, that W_a start orthogonal, and that e_0 does not learn, is chosen here. ' +
    'With `position=path-integrator` and `position=none` W alone learns.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['walk', 'errors go back through the walk'],
    feedbackPathway: 'layerwise',
    storedActivity: 'rates of all steps until the walk has ended',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  onlyTask: 'next-symbol',
  network: temT,
  networkParameters: (options) => options,
  options: OPTIONS,
  recipes: RECIPES,
  checkOptions(options, settings) {
    checkTemT(settings, options);
  },
  build: ({ network, kernels: k }) => {
    const learn = ({ input, target }: Minibatch) => {
      const activity = network.walk(input);
      return {
        output: activity.output,
        directions: gradientThroughTime(k, network, activity, input, target),
      };
    };
    return {
      learn,
      observe(batch) {
        const { directions } = learn(batch);
        return { directions, gradient: directions, firingRates: network.respond(batch.input) };
      },
    };
  },
});

/** The gradient of the loss, averaged over the walks. */
export function gradientThroughTime(
  k: Kernels,
  network: TemT,
  activity: TemTActivity,
  input: Tensor,
  target: Tensor,
): Direction[] {
  const scale = 1 / input.rows;
  const error = keyError(k, activity, target);
  const keys = outerProduct(network.keys, activity.code, error, scale);
  if (!network.recurrent || !network.learnsPosition) return [keys];
  const codeError = k.matmul(error, network.keys.weights, { transposeB: true });
  const [pre, post] = positionErrors(k, network, activity, input, codeError);
  return [{ connection: network.recurrent, products: [{ pre, post, scale, sparse: true }] }, keys];
}

/** ∂k of all steps. */
function keyError(k: Kernels, { keys, attention, values, output }: TemTActivity, target: Tensor): Tensor {
  const groups = target.rows;
  // Kept finite as the loss is.
  const mixed = k.map((y, t) => -t / Math.max(y, 1.17549435e-38), output, target);
  const perStep = k.reshape(mixed, values.rows, values.columns);
  const attended = k.matmul(perStep, values, { transposeB: true, groups });
  const scores = softmaxBackward(k, attention, attended);
  const error = k.matmul(scores, keys, { groups });
  k.matmul(scores, keys, { groups, transposeA: true, into: error, accumulate: true });
  return error;
}

/** δ of the steps after the first, and the conjunctive rates before it, a row for each step of each walk. */
function positionErrors(
  k: Kernels,
  network: TemT,
  { positions }: TemTActivity,
  input: Tensor,
  codeError: Tensor,
): [conjunctive: Tensor, errors: Tensor] {
  const { weights } = network.recurrent!;
  const errors: Tensor[] = [];
  let later: Tensor | null = null;
  for (let step = network.steps - 1; step > 0; step--) {
    const own = network.stepOf(codeError, step);
    const both: Tensor = later ? k.map((a, b) => a + b, own, later) : own;
    const error = network.throughActivation(both, positions[step]!);
    errors.unshift(error);
    const conjunctive = k.matmul(error, weights, { transposeB: true });
    later = network.sumOverActions(network.gate(conjunctive, network.actionAt(input, step)));
  }
  return [network.stack(positions.slice(1).map(({ conjunctive }) => conjunctive!)), network.stack(errors)];
}
