import { type Kernels, RandomStream, UserError } from '../kernels/index.ts';
import { INITIAL_BIASES, INITIAL_WEIGHTS } from './initial.ts';
import { activationOfOutput } from './loss.ts';
import type { Connection, NetworkSettings, Population } from './network.ts';
import { type Mask, synapseMasks } from './structure.ts';

/**
 * What every kind of network starts from: populations of point neurons, input first, and a connection from each to the next.
 * Weights and biases are drawn from the streams 'weights 1', 'biases 1', ... of the seed, so they are the same for every kind.
 * @throws UserError when the sizes do not make a network
 */
export function drawLayers(
  kernels: Kernels,
  seed: number,
  settings: NetworkSettings,
): { populations: Population[]; connections: Connection[] } {
  const { layers, activation, loss, outputActivation } = settings;
  checkLayers(layers);
  const last = layers.length - 1;
  const populations = layers.map(
    (size, l): Population => ({
      name: l === 0 ? 'input' : l === last ? 'output' : `hidden ${l}`,
      size,
      compartments: l === 0 ? [] : ['soma'],
      activation: l === 0 ? null : l < last ? activation : activationOfOutput(loss, outputActivation),
    }),
  );
  const masks = synapseMasks(seed, settings);
  const connections = layers.slice(1).map((size, l): Connection => {
    const [from, to] = [populations[l]!, populations[l + 1]!];
    const { weights, biases } = initialSynapses(seed, settings, l);
    const mask = masks[l] && drawnMask(kernels, `synapses ${l + 1}`, from, to, masks[l], weights);
    return {
      name: `${from.name} to ${to.name}`,
      from,
      to,
      compartment: 'soma',
      weights: kernels.state(`weights ${l + 1}`, from.size, size, weights),
      bias: kernels.state(`bias ${l + 1}`, 1, size, biases),
      ...(mask && { mask }),
    };
  });
  return { populations, connections };
}

/**
 * A mask on the device.
 * @param weights that synapses start from: zeroed where there are none
 */
export function drawnMask(
  kernels: Kernels,
  name: string,
  from: Population,
  to: Population,
  values: Float32Array,
  weights: Float32Array,
): Mask {
  for (const [i, exists] of values.entries()) weights[i]! *= exists;
  return { tensor: kernels.state(name, from.size, to.size, values), values };
}

/**
 * The same layers of neurons with dendrites: hidden ones have a basal and an apical dendrite, outputs a basal one alone, and forward
 * connections end at basal dendrites.
 * @throws UserError when the sizes do not make a network
 */
export function drawDendriticLayers(
  kernels: Kernels,
  seed: number,
  settings: NetworkSettings,
): { populations: Population[]; connections: Connection[] } {
  const { populations: points, connections } = drawLayers(kernels, seed, settings);
  const last = points.length - 1;
  const populations = points.map(
    (population, p): Population => ({
      ...population,
      compartments: p === 0 ? [] : p < last ? ['basal', 'apical', 'soma'] : ['basal', 'soma'],
    }),
  );
  return {
    populations,
    connections: connections.map((connection, l) => ({
      ...connection,
      from: populations[l]!,
      to: populations[l + 1]!,
      compartment: 'basal',
    })),
  };
}

/** Whether hidden neurons and outputs have sigmoid rates and the loss that goes with them, as neurons with dendrites need it. */
export const hasSigmoidRates = ({ layers, activation, outputActivation, loss }: NetworkSettings): boolean =>
  (layers.length < 3 || activation === 'sigmoid') &&
  outputActivation === 'sigmoid' &&
  loss === 'squared-error';

/** What connection `l` (0 leaves the input) starts from; without biases they are zero. */
export function initialSynapses(
  seed: number,
  { layers, initial }: Pick<NetworkSettings, 'layers' | 'initial'>,
  l: number,
): { weights: Float32Array; biases: Float32Array | undefined } {
  const [from, to] = [layers[l]!, layers[l + 1]!];
  return {
    weights: INITIAL_WEIGHTS[initial](new RandomStream(seed, `weights ${l + 1}`), from, to),
    biases: INITIAL_BIASES[initial]?.(new RandomStream(seed, `biases ${l + 1}`), to),
  };
}

/** @throws UserError when the sizes do not make a network */
function checkLayers(layers: readonly number[]): void {
  if (layers.length < 2)
    throw new UserError(
      `layer sizes '${layers.join(',')}' need at least an input and an output, e.g. 784,500,10`,
    );
  const wrong = layers.find((size) => !Number.isInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new UserError(`layer sizes '${layers.join(',')}': ${wrong} is not a whole number above 0`);
}
