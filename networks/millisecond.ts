import { sigmoid, type Tensor } from '../kernels/index.ts';
import type { CompartmentalNetwork } from './compartmental.ts';
import type { NeuronState } from './neuron-state.ts';

/** The neurons in one millisecond. Tensors are batch x size of the population, whose number comes first. */
export interface Instant {
  /** Numbers of spikes; in the populations in order, input first. */
  readonly spikes: readonly Tensor[];
  /** Spikes/ms. */
  readonly firingRates: readonly Tensor[];
  /** Postsynaptic potentials that each population causes, per unit of weight; empty where they are not followed. */
  readonly psps: readonly Tensor[];
  /** Potential of a compartment; null where the population has none of that name. */
  potential(population: number, compartment: 'basal' | 'apical' | 'soma'): Tensor | null;
}

/** What the neurons get from outside. */
export interface Surroundings {
  /** Firing rates of the input, spikes/ms, batch x inputs. */
  readonly inputRate: Tensor;
  /** Feedback weights Y to each hidden layer, outputs x size. */
  readonly feedback: readonly Tensor[];
  /** One-hot classes: a teaching current drives the output neurons towards them. */
  readonly target?: Tensor | undefined;
}

/**
 * One millisecond. For each layer from below:
 *
 * - basal: V_b = s W + b, with the postsynaptic potentials s of the layer below (eq. 13);
 * - apical: V_a = s_L Y, with those of the output layer up to the ms before (eq. 13);
 * - soma: dV/dt = -g_l V + g_b (V_b - V) + g_a (V_a - V) (eq. 1), in output neurons + g_E (E_E - V) + g_I (E_I - V) while a
 *   target is given (eq. 18 to 20; g_E = 1 for the target's neuron, g_I = 1 for the others);
 * - firing rate: phi = phi_max sigma(V) (eq. 17), and Poisson spikes of that mean.
 *
 * @param state what the neurons go on from, and what changes
 * @param observed the apical potentials are looked at, so they have to exist even where no soma feels them
 */
export function millisecond(
  network: CompartmentalNetwork,
  state: NeuronState,
  { inputRate, feedback, target }: Surroundings,
  observed: boolean,
): Instant {
  const { kernels: k, connections, constants, psp } = network;
  const { untilSpike, layers, signal, pendingPsps } = state;
  const needsApical = observed || constants.apical > 0;
  const apical = needsApical ? feedback.map((weights) => k.matmul(signal, weights)) : [];
  const currents: Tensor[] = [];
  const firingRates = [inputRate];
  const spikes = [k.spikes('spikes of input', inputRate, untilSpike[0]!)];
  for (const [l, { to, weights }] of connections.entries()) {
    const { soma, pending } = layers[l]!;
    currents.push(k.convolve(k.matmul(spikes[l]!, weights, { sparse: true }), psp, pending));
    moveSoma(network, l, soma, currents[l]!, apical[l], target);
    firingRates.push(k.map((v, phiMax) => phiMax * sigmoid(v), soma, constants.maximalRate));
    spikes.push(k.spikes(`spikes of ${to.name}`, firingRates[l + 1]!, untilSpike[l + 1]!));
  }
  if (needsApical || pendingPsps) sendDown(network, state, spikes.at(-1)!, firingRates.at(-1)!);
  return {
    spikes,
    firingRates,
    psps: pendingPsps?.map((pending, l) => k.convolve(spikes[l]!, psp, pending)) ?? [],
    potential: (p, compartment) => {
      if (p === 0) return null;
      if (compartment === 'soma') return layers[p - 1]!.soma;
      if (compartment === 'apical') return apical[p - 1] ?? null;
      return k.map((i, b) => i + b, currents[p - 1]!, connections[p - 1]!.bias!);
    },
  };
}

/** What reaches the apical dendrites in the next millisecond. */
function sendDown(
  { kernels: k, options, psp }: CompartmentalNetwork,
  { signal, pendingSignal }: NeuronState,
  spikes: Tensor,
  firingRate: Tensor,
): void {
  const sent = options.feedback === 'rates' ? firingRate : k.convolve(spikes, psp, pendingSignal);
  k.mapInto(signal, (s) => s, sent);
}

/** Explicit Euler, for layer `l` above the input: eq. 1 of hidden neurons, eq. 4 and 18 to 20 of output neurons. */
function moveSoma(
  network: CompartmentalNetwork,
  l: number,
  soma: Tensor,
  current: Tensor,
  apical: Tensor | undefined,
  target: Tensor | undefined,
): void {
  const { connections, constants } = network;
  const bias = connections[l]!.bias!;
  const isOutput = l === connections.length - 1;
  if (isOutput && target) moveTaught(network, soma, current, bias, target);
  else if (!isOutput && constants.apical > 0) moveCoupled(network, soma, current, bias, apical!);
  else moveFree(network, soma, current, bias);
}

/** A soma that feels its basal dendrite alone. */
function moveFree(
  { kernels: k, constants: { leak, basal } }: CompartmentalNetwork,
  soma: Tensor,
  current: Tensor,
  bias: Tensor,
): void {
  k.mapInto(soma, (v, i, b, gl, gb) => v - gl * v + gb * (i + b - v), soma, current, bias, leak, basal);
}

/** A soma that feels both dendrites. */
function moveCoupled(
  { kernels: k, constants }: CompartmentalNetwork,
  soma: Tensor,
  current: Tensor,
  bias: Tensor,
  apicalPotential: Tensor,
): void {
  const { leak, basal, apical } = constants;
  k.mapInto(
    soma,
    (v, i, b, a, gl, gb, ga) => v - gl * v + gb * (i + b - v) + ga * (a - v),
    soma,
    current,
    bias,
    apicalPotential,
    leak,
    basal,
    apical,
  );
}

/** The soma of an output neuron with a teaching current. */
function moveTaught(
  { kernels: k, constants }: CompartmentalNetwork,
  soma: Tensor,
  current: Tensor,
  bias: Tensor,
  target: Tensor,
): void {
  const { leak, basal, teaching, excitation, inhibition } = constants;
  k.mapInto(
    soma,
    (v, i, b, t, gl, gb, g, eE, eI) =>
      v - gl * v + gb * (i + b - v) + g * (t * (eE - v) + (1 - t) * (eI - v)),
    soma,
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
