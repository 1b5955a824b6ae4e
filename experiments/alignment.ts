import type { Dataset } from '../data/index.ts';
import type { Kernels, Tensor } from '../kernels/index.ts';
import type { LayeredNetwork } from '../networks/index.ts';
import { gradient, type Rule, weightMatrix } from '../rules/index.ts';

/** Training examples over which the directions are averaged. */
const PROBE = 500;

/**
 * The angle between the rule's direction and the gradient, for the weights of each connection, on the first examples
 * of the training set. Angles come in degrees; null where one of the two is zero.
 */
export type AngleProbe = () => Promise<Record<string, number | null>>;

export async function createAngleProbe(
  k: Kernels,
  network: LayeredNetwork,
  rule: Rule,
  dataset: Dataset,
): Promise<AngleProbe> {
  const examples = Math.min(PROBE, dataset.train.images.count);
  const rows = Uint32Array.from({ length: examples }, (_, i) => i);
  const cosines = new Map<string, Tensor>();
  const executable = await k.record('angle to the gradient', () => {
    const input = k.gather(dataset.train.images, examples);
    const target = k.gather(dataset.train.labels, examples);
    const { directions, gradient: own } = rule.learn({ input, target, probe: true });
    const truth = own ?? gradient(k, network, network.forward(input), target);
    for (const direction of directions) {
      const { name } = direction.connection;
      const forward = truth.find(({ connection }) => connection === direction.connection);
      // Feedback that learns has no gradient.
      if (!forward) continue;
      const taken = weightMatrix(k, direction);
      const exact = weightMatrix(k, forward);
      const cosine = k.state(`cosine of ${name}`, 1, 1);
      k.mapInto(cosine, (dot, a, b) => dot / (a * b), k.dot(taken, exact), k.norm(taken), k.norm(exact));
      cosines.set(name, cosine);
    }
  });
  return async () => {
    await executable.run({ steps: 1, firstStep: 0, rows });
    const angles: Record<string, number | null> = {};
    for (const [name, tensor] of cosines) {
      const [cosine] = await k.device.read(tensor);
      angles[name] = Number.isFinite(cosine)
        ? (Math.acos(Math.max(-1, Math.min(1, cosine!))) * 180) / Math.PI
        : null;
    }
    return angles;
  };
}
