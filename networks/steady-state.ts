import { type Kernels, sigmoid, type Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork, NeuronConstants } from './compartmental.ts';
import type { Surroundings } from './millisecond.ts';
import { type MeanName, onlyAsked, type PhaseMeans } from './phase-means.ts';

/**
 * The potentials that constant firing rates lead to, taken at once: the `nonspiking_mode` of the code of Guerguiev, Lillicrap &
 * Richards 2017. No soma may feel its apical dendrite.
 */
export function steadyState(
  network: CompartmentalNetwork,
  { inputRate, feedback, target }: Surroundings,
  wanted: readonly MeanName[],
): PhaseMeans {
  const { kernels: k, connections, constants, kB, kD } = network;
  const firingRates = [inputRate];
  const soma: Tensor[] = [];
  for (const [l, { weights, bias }] of connections.entries()) {
    const current = k.matmul(firingRates[l]!, weights);
    const isOutput = l === connections.length - 1;
    soma.push(
      isOutput && target
        ? taught(k, constants, current, bias!, target)
        : k.map((i, b, gain) => gain * (i + b), current, bias!, isOutput ? kD : kB),
    );
    firingRates.push(k.map((v, phiMax) => phiMax * sigmoid(v), soma[l]!, constants.maximalRate));
  }
  const outputRate = firingRates.at(-1)!;
  const apical = wanted.includes('apical') ? feedback.map((weights) => k.matmul(outputRate, weights)) : [];
  return onlyAsked({ psp: firingRates.slice(0, -1), soma, outputRate, apical }, wanted);
}

/** V = (g_d V_b + g_E E_E + g_I E_I) / (g_l + g_d + g_E + g_I), where eq. 4 with the currents of eq. 18 to 20 rests. */
function taught(
  k: Kernels,
  { leak, basal, teaching, excitation, inhibition }: NeuronConstants,
  current: Tensor,
  bias: Tensor,
  target: Tensor,
): Tensor {
  return k.map(
    (i, b, t, gl, gd, g, eE, eI) => (gd * (i + b) + g * (t * eE + (1 - t) * eI)) / (gl + gd + g),
    current,
    bias,
    target,
    leak,
    basal,
    teaching,
    excitation,
    inhibition,
  );
}
