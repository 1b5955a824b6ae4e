import type { Tensor } from '../kernels/index.ts';
import type { Connection } from '../networks/index.ts';
import { errorDirections, layerErrors } from './layer-errors.ts';
import { defineRule } from './rule.ts';

export const signSymmetry = defineRule({
  name: 'sign-symmetry',
  title: 'Sign-symmetric feedback',
  family: 'feedback alignment',
  source: 'Liao, Leibo & Poggio 2016, AAAI 30, arXiv:1510.05067',
  summary:
    'Errors descend through weights that have the signs of the forward ones, but not their magnitudes.',
  equations: `
    δ_L = e = ∂loss/∂v_L
    δ_l = (δ_{l+1} B_{l+1}ᵀ) ∘ f′(v_l),   B_{l+1} = M ∘ sign(W_{l+1})
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
  network: 'layered',
  options: {
    variant: {
      default: 'uniform',
      choices: ['uniform', 'batch-random', 'fixed-random'],
      description:
        'Magnitudes of the feedback weights: all the same, random for each minibatch, or random once.',
    },
    scale: {
      default: 1,
      description:
        'Multiplies all magnitudes; at 1 their root mean square is sqrt(2 / (n + m)), that of Glorot initial weights.',
    },
  },
  build({ network, kernels: k, random, options }) {
    const { variant, scale } = options;
    const feedback = network.connections.slice(1).map((connection) => ({
      connection,
      magnitude: magnitudes(connection),
      weights: k.state(
        `feedback along ${connection.name}`,
        connection.weights.rows,
        connection.weights.columns,
      ),
    }));

    /** Of one connection's feedback: the definitions of uSF, brSF and frSF, sec. "Asymmetric backpropagation". */
    function magnitudes({ name, weights: { rows, columns } }: Connection): () => Tensor | number {
      if (variant === 'uniform') return () => scale * Math.sqrt(2 / (rows + columns));
      const limit = scale * Math.sqrt(6 / (rows + columns));
      if (variant === 'batch-random')
        return () => k.uniform(`magnitudes of ${name}`, rows, columns, 0, limit);
      const values = random(`magnitudes of ${name}`).uniform(rows * columns, 0, limit);
      const fixed = k.state(`magnitudes of feedback along ${name}`, rows, columns, values);
      return () => fixed;
    }

    return {
      learn({ input, target, probe }) {
        const activity = network.forward(input);
        const errors = layerErrors(network, activity, target, (error, l) => {
          const { connection, magnitude, weights } = feedback[l - 1]!;
          // B = M ∘ sign(W)
          const B = k.map((m, w) => (w > 0 ? m : w < 0 ? -m : 0), magnitude(), connection.weights);
          if (!probe) k.mapInto(weights, (b) => b, B);
          return k.matmul(error, B, { transposeB: true });
        });
        return {
          output: activity.at(-1)!.rate,
          directions: errorDirections(network, activity, errors),
        };
      },
      feedback: feedback.map(({ weights, connection }) => ({
        weights,
        forward: [connection],
        orientation: 'up',
      })),
    };
  },
});
