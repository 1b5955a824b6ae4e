import type { Tensor } from '../kernels/index.ts';
import { type Connection, feedbackPath, layeredNetwork } from '../networks/index.ts';
import { gradient } from './backprop.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule, type Minibatch } from './rule.ts';

export const signSymmetry = defineRule({
  name: 'sign-symmetry',
  title: 'Sign-symmetric feedback',
  family: 'feedback alignment',
  source: 'Liao, Leibo & Poggio 2016, AAAI 30, arXiv:1510.05067',
  summary:
    'Errors descend through weights that have the signs of the forward ones, but not their magnitudes.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (δ_{l+1} B_{l+1}) ∘ f′(v_l),   B_{l+1} = M ∘ sign(W_{l+1}ᵀ)
    uniform:        M = s √(2 / (n + m))   for n pre- and m postsynaptic neurons
    batch-random:   M ~ U[0, s √(6 / (n + m))], drawn anew for each minibatch
    fixed-random:   the same, drawn once
    ΔW_l = −η h_{l−1}ᵀ δ_l`,
  notes:
    'The paper takes magnitudes of 1, or random ones, together with batch normalization and updates ' +
    'by the sign of the gradient. Without these the scale of the feedback matters: here it is that of ' +
    'the initial weights, as in BioTorch (Sanfiz & Akrout 2021, arXiv:2108.13446).',
  plausibility: {
    weightTransport: 'signs',
    phases: ['forward pass', 'backward pass of the errors'],
    feedbackPathway: 'layerwise',
    storedActivity: 'until the error arrives',
    locality: ['presynaptic rate', 'postsynaptic potential', 'error from above'],
  },
  network: layeredNetwork,
  options: {
    variant: {
      default: 'uniform',
      choices: ['uniform', 'batch-random', 'fixed-random'],
      description:
        'Magnitudes of the feedback weights: all the same, random for each minibatch, or random once.',
    },
    scale: {
      default: 1,
      min: 0,
      search: { logUniform: [0.2, 5] },
      description:
        'Multiplies all magnitudes; at 1 their root mean square is sqrt(2 / (n + m)), that of Glorot initial weights.',
    },
  },
  build({ network, kernels: k, random, options }) {
    const { variant, scale } = options;
    const above = network.connections.slice(1).map((forward) => {
      const path = feedbackPath(k, network, forward.to, forward.from);
      return { forward, path, magnitude: magnitudes(path.connection) };
    });

    /** Of one connection of feedback: the definitions of uSF, brSF and frSF, sec. "Asymmetric backpropagation". */
    function magnitudes({ name, weights: { rows, columns } }: Connection): () => Tensor | number {
      if (variant === 'uniform') return () => scale * Math.sqrt(2 / (rows + columns));
      const limit = scale * Math.sqrt(6 / (rows + columns));
      if (variant === 'batch-random')
        return () => k.uniform(`magnitudes of ${name}`, rows, columns, 0, limit);
      const values = random(`magnitudes of ${name}`).uniform(rows * columns, 0, limit);
      const fixed = k.state(`magnitudes of ${name}`, rows, columns, values);
      return () => fixed;
    }

    /** @param B feedback weights into each hidden layer, lowest first */
    function descend({ input, target }: Minibatch, B: readonly Tensor[]) {
      const activity = network.forward(input);
      const errors = layerErrors(network, activity, target, (error, l) => k.matmul(error, B[l - 1]!));
      return { activity, directions: errorDirections(network, activity, errors) };
    }

    return {
      learn(batch) {
        // B = M ∘ sign(Wᵀ), kept so that it can be compared with W
        const B = above.map(({ forward, path, magnitude }) =>
          k.mapInto(path.connection.weights, withSign, magnitude(), k.transpose(forward.weights)),
        );
        const { activity, directions } = descend(batch, B);
        return { output: activity.at(-1)!.rate, directions };
      },
      observe(batch) {
        const B = above.map(({ forward, magnitude }) =>
          k.map(withSign, magnitude(), k.transpose(forward.weights)),
        );
        const { activity, directions } = descend(batch, B);
        return {
          directions,
          gradient: gradient(k, network, activity, batch.target),
          firingRates: activity.slice(1).map(({ rate }) => rate),
        };
      },
      feedback: above.map(({ path }) => path),
    };
  },
});

/** A magnitude with the sign of a forward weight. */
const withSign = (m: number, w: number): number => (w > 0 ? m : w < 0 ? -m : 0);
