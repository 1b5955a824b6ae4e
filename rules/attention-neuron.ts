import { patchAttentionNetwork, patchPixels } from '../networks/index.ts';
import { gradient } from './backprop.ts';
import { type Direction, outerProduct } from './direction.ts';
import { defineRule, type Minibatch } from './rule.ts';

const OPTIONS = {
  patch: {
    default: 7,
    min: 1,
    integer: true,
    description:
      'Pixels of a side of a patch, at most half of the side of an image; where that is below 7, the recipe takes as many.',
  },
  stride: {
    default: 7,
    min: 1,
    integer: true,
    description:
      'Pixels from one patch to the next, at most so many that there is one; below the side of a patch, patches overlap.',
  },
  queries: {
    default: 32,
    min: 1,
    integer: true,
    description: 'M, number of fixed queries, each of which gives a message.',
  },
  size: {
    default: 16,
    min: 1,
    integer: true,
    description: 'd, length of keys, values and messages.',
  },
} as const;

/** Patches of half the side of an image, where the usual ones are too large. */
const forSmallImages = (side: number) =>
  side < 2 * OPTIONS.patch.default ? { options: { patch: Math.max(1, Math.floor(side / 2)) } } : {};

export const attentionNeuron = defineRule({
  name: 'attention-neuron',
  title: 'Attention neurons',
  family: 'attention',
  source: 'Tang & Ha 2021, NeurIPS, arXiv:2109.02869',
  summary:
    'Backpropagation through neurons that each see a patch of the image, do not know which, and send a key and a value to queries; the order of the patches makes no difference.',
  equations: `
    X: patches of an image, a row each,   Q: M fixed rows of 8 sines and cosines
    K = X W_k,   V = X W_v,   A = softmax(Q W_q Kᵀ / √d),   messages m = A V                (eqs. 1-2)
    read-out: fully connected layers of m, whose error in m is E
    ΔW_v = −η Xᵀ (Aᵀ E),   S = A ∘ (E Vᵀ − rows of Σ (A ∘ E Vᵀ)) / √d
    ΔW_k = −η Xᵀ (Sᵀ Q W_q),   ΔW_q = −η Qᵀ (S K)`,
  notes:
    'The sums over patches are the same in every order, but for rounding. In the paper keys also depend on the last action and on time (an LSTM, or the difference of frames), so that a sensor can be told by what it does; an image ' +
    'that stands still has neither. With patches of a single pixel (`patch` and `stride` of 1) a message is thus a function of the histogram of the image. The paper trains by an evolution strategy or by imitation; its keys, values and queries have no biases here. ' +
    '`--task robustness:shuffle-7` shuffles the patches of test images, for any rule; where patches overlap or are of another size, what is cut at their edges changes. What runs came to is in docs/claims.md.',
  plausibility: {
    weightTransport: 'exact',
    phases: ['forward pass', 'backward pass of the errors'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: patchAttentionNetwork,
  networkParameters: ({ patch, stride, queries, size }) => ({ patch, stride, queries, size }),
  trial: { examples: 8000 },
  options: OPTIONS,
  recipes: [
    {
      name: 'few-epochs',
      source: 'chosen here; not published',
      settings: ([inputs]) => ({
        activation: 'relu',
        optimizer: 'adam',
        learningRate: [0.005],
        schedule: 'linear',
        batch: 50,
        ...forSmallImages(Math.sqrt(inputs!)),
      }),
    },
  ],
  checkOptions({ patch, stride }, { layers }) {
    patchPixels(layers[0]!, { patch, stride });
  },
  build({ network, kernels: k }) {
    const learn = ({ input, target }: Minibatch) => {
      const { attention, activity } = network.forward(input);
      const [first, ...rest] = gradient(k, network.readout, activity, target) as [Direction, ...Direction[]];
      const { post } = first.products[0]!;
      const error = k.matmul(post, first.connection.weights, { transposeB: true });
      const below = network.descend(error, attention);
      const scale = 1 / input.rows;
      const directions = [
        outerProduct(network.keys, attention.patches, below.keys, scale),
        outerProduct(network.values, attention.patches, below.values, scale),
        outerProduct(network.queries, network.positions, below.queries, scale),
        { ...first, connection: network.connections[3]! },
        ...rest,
      ];
      return { output: activity.at(-1)!.rate, directions, firingRates: activity.map(({ rate }) => rate) };
    };
    return {
      learn,
      observe(batch) {
        const { directions, firingRates } = learn(batch);
        return { directions, gradient: directions, firingRates };
      },
    };
  },
});
