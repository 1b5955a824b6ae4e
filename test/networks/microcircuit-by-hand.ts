import type { Tensor } from '../../kernels/index.ts';
import type { MicrocircuitConstants, MicrocircuitNetwork } from '../../networks/index.ts';

/** A microcircuit in time for one image, in plain loops over numbers. */

/** From neurons in rows to neurons in columns. */
export interface ByHandSynapses {
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

export interface ByHandCircuit {
  readonly constants: MicrocircuitConstants;
  readonly step: number;
  readonly isProspective: boolean;
  /** Upwards, input side first. */
  readonly up: readonly ByHandSynapses[];
  /** Of each hidden layer: onto its interneurons, from them, and from the layer above. */
  readonly lateral: readonly { toInter: ByHandSynapses; fromInter: number[][]; down: number[][] }[];
}

/** Potentials of every layer above the input, and of the interneurons beside each hidden layer. */
export interface ByHandState {
  u: number[][];
  interneurons: number[][];
  /** What rates follow. */
  seen: number[][];
  seenInterneurons: number[][];
}

/** What eq. 7 to 10 say of an instant, from neurons in rows: descent subtracts it. */
export interface ByHandChange {
  readonly up: number[][][];
  readonly interneurons: number[][][];
  readonly inhibition: number[][][];
  readonly down: number[][][];
}

/** The circuit of a network with the weights that it has. */
export function byHand(
  { constants, time, connections, circuits }: MicrocircuitNetwork,
  values: (t: Tensor) => Float64Array,
): ByHandCircuit {
  const matrix = (t: Tensor) =>
    Array.from({ length: t.rows }, (_, i) => [...values(t).subarray(i * t.columns, (i + 1) * t.columns)]);
  const synapses = ({ weights, bias }: { weights: Tensor; bias: Tensor | null }) => ({
    weights: matrix(weights),
    bias: [...values(bias!)],
  });
  return {
    constants,
    step: time!.step,
    isProspective: time!.dynamics === 'latent-equilibrium',
    up: connections.map(synapses),
    lateral: circuits.map(({ excitation, inhibition, feedback }) => ({
      toInter: synapses(excitation),
      fromInter: matrix(inhibition.weights),
      down: matrix(feedback.connection.weights),
    })),
  };
}

const phi = (u: number) => 1 / (1 + Math.exp(-u));
const times = (r: readonly number[], w: readonly (readonly number[])[]) =>
  w[0]!.map((_, j) => r.reduce((sum, x, i) => sum + x * w[i]![j]!, 0));
/** Potentials of dendrites. */
export const through = (r: readonly number[], { weights, bias }: ByHandSynapses) =>
  times(r, weights).map((x, j) => x + bias[j]!);
const outer = (a: readonly number[], b: readonly number[]) => a.map((x) => b.map((y) => x * y));

export const atRest = ({ up, lateral }: ByHandCircuit): ByHandState => {
  const zeros = (list: readonly ByHandSynapses[]) => list.map(({ bias }) => bias.map(() => 0));
  const inter = lateral.map(({ toInter }) => toInter);
  return { u: zeros(up), interneurons: zeros(inter), seen: zeros(up), seenInterneurons: zeros(inter) };
};

/**
 * One Euler step of eq. 1 and 2.
 * @param aim potentials of taught output neurons; null: nobody teaches them
 */
export function stepByHand(
  { constants, step, isProspective, up, lateral }: ByHandCircuit,
  input: readonly number[],
  aim: readonly number[] | null,
  before: ByHandState,
): { after: ByHandState; change: ByHandChange; apical: number[][] } {
  const { leak, basal: gB, apical: gA, dendritic: gD, teaching: gSom } = constants;
  const rates = [[...input], ...before.seen.map((layer) => layer.map(phi))];
  const last = up.length - 1;
  const apicals = lateral.map(({ fromInter, down }, h) => {
    const fromAbove = times(rates[h + 2]!, down);
    return times(before.seenInterneurons[h]!.map(phi), fromInter).map((x, i) => x + fromAbove[i]!);
  });
  const after: ByHandState = { u: [], interneurons: [], seen: [], seenInterneurons: [] };
  const change: ByHandChange = { up: [], interneurons: [], inhibition: [], down: [] };
  const seenNow: number[][] = [];
  for (let l = 0; l <= last; l++) {
    const v = through(rates[l]!, up[l]!);
    const gSecond = l < last ? gA : aim ? gSom : 0;
    const second = l < last ? apicals[l]! : (aim ?? v);
    const slope = before.u[l]!.map((u, j) => -leak * u + gB * (v[j]! - u) + gSecond * (second[j]! - u));
    const tau = 1 / (leak + gB + gSecond);
    seenNow.push(before.u[l]!.map((u, j) => (isProspective ? u + tau * slope[j]! : u)));
    after.u.push(before.u[l]!.map((u, j) => u + step * slope[j]!));
    const attenuation = gB / (leak + gB + (l < last ? gA : 0));
    const error = v.map((x, j) => phi(attenuation * x) - phi(seenNow[l]![j]!));
    change.up.push(outer(rates[l]!, error));
  }
  for (const [h, { toInter }] of lateral.entries()) {
    const v = through(rates[h + 1]!, toInter);
    const taught = seenNow[h + 1]!;
    const u = before.interneurons[h]!;
    const slope = u.map((x, j) => -leak * x + gD * (v[j]! - x) + gSom * (taught[j]! - x));
    const tau = 1 / (leak + gD + gSom);
    const seen = u.map((x, j) => (isProspective ? x + tau * slope[j]! : x));
    after.interneurons.push(u.map((x, j) => x + step * slope[j]!));
    after.seenInterneurons.push(isProspective ? seen : after.interneurons[h]!);
    const error = v.map((x, j) => phi((gD / (leak + gD)) * x) - phi(seen[j]!));
    change.interneurons.push(outer(rates[h + 1]!, error));
    change.inhibition.push(outer(before.seenInterneurons[h]!.map(phi), apicals[h]!));
    const above = rates[h + 2]!;
    const expected = times(above, lateral[h]!.down).map(phi);
    change.down.push(
      outer(
        above,
        expected.map((rate, j) => rate - phi(seenNow[h]![j]!)),
      ),
    );
  }
  after.seen.push(...(isProspective ? seenNow : after.u));
  return { after, change, apical: apicals };
}
