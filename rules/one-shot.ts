import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { type AssociativeNetwork, checkAssociative, type NetworkSettings } from '../networks/index.ts';
import { type Direction, outerProduct } from './direction.ts';
import type { OptimizerOptions } from './optimizer.ts';
import type { Plausibility } from './plausibility.ts';
import type { Recipe } from './rule.ts';

/** The task of memories. */
export const RETRIEVAL = 'retrieval';

/** What storing a pattern at once assumes: each synapse sees the neurons that it joins. */
export const HEBBIAN: Plausibility = {
  weightTransport: 'none',
  phases: ['one presentation'],
  feedbackPathway: 'none',
  storedActivity: 'none',
  locality: ['presynaptic rate', 'postsynaptic rate'],
};

/** A pattern a step, which the memory has from then on. */
const ONCE = {
  optimizer: 'sgd',
  learningRate: [1],
  weightDecay: 0,
  schedule: 'constant',
  batch: 1,
} as const;

/** The recipe of a memory that stores each pattern at once. @param source where it is from */
export const oneShot = (source: string): Recipe => ({ name: 'one-shot', source, settings: () => ONCE });

/** @throws UserError when the layers make no memory, or patterns would be stored otherwise than one by one and at once */
export function checkOneShot(
  rule: string,
  given: OptimizerOptions & Pick<NetworkSettings, 'layers'> & { readonly batch?: number },
): void {
  checkAssociative(given.layers);
  for (const [name, value] of Object.entries(ONCE) as [keyof typeof ONCE, unknown][])
    if (given[name] !== undefined && String(given[name]) !== String(value))
      throw new UserError(
        `${name}: the rule '${rule}' stores one pattern after the other, each at once, for which ${name} is ${value}, not ${given[name]}; leave it out`,
      );
}

/** The largest power of two that is at most 1 / size: a factor that rounds nothing. */
export const powerOfTwo = (size: number): number => 2 ** -Math.ceil(Math.log2(size));

/**
 * Traces that a memory neuron gets a pattern for its weights, a neuron after the other; when all have one, the first gets another.
 * @param pattern 1 x outputs
 */
export function storeInNext(k: Kernels, network: AssociativeNetwork, pattern: Tensor): Direction {
  const { memory } = network;
  const { weights, from } = memory;
  const at = network.address(k.hostScalar('number of the memory', ({ step }) => step % from.size));
  const before = k.matmul(at, weights, { sparse: true });
  const change = k.map((old, x) => old - x, before, pattern);
  const direction = outerProduct(memory, at, change, 1);
  return { ...direction, products: direction.products.map((product) => ({ ...product, sparse: true })) };
}
