/** Neurons, synapses and an astrocyte for one example in plain loops over all ordered pairs, as the paper's equations have them. */
export interface HandAstrocyte {
  /** weights[input][neuron] and biases. */
  readonly weights: number[][];
  readonly biases: number[];
  /** A: modes[pair][mode], pairs i < j in the order 01, 02, ..., 12, ... */
  readonly modes: number[][];
  readonly gain: number;
  /** What synapses count in the current of a neuron. */
  readonly kappa: number;
}

/** Potentials of neurons, and of the synapse and the process of each pair. */
export interface HandPotentials {
  readonly neurons: number[];
  readonly synapses: number[];
  readonly processes: number[];
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

/** The number of the pair of two neurons; null for a neuron with itself, which has no synapse. */
function pairOf(i: number, j: number, size: number): number | null {
  if (i === j) return null;
  const [low, high] = [Math.min(i, j), Math.max(i, j)];
  return low * size - (low * (low + 1)) / 2 + (high - low - 1);
}

/** The energy of Kozachkov, Slotine & Krotov, with T_ijkl = ½ Σ_μ A_ijμ A_klμ, so that T of unordered pairs is A Aᵀ. */
export function handEnergy(
  { weights, biases, modes, gain, kappa }: HandAstrocyte,
  input: readonly number[],
  { neurons: x, synapses: s, processes: p }: HandPotentials,
): number {
  const size = x.length;
  const rate = (z: number) => Math.tanh(gain * z);
  const leak = (z: number) => z * rate(z) - Math.log(Math.cosh(gain * z)) / gain;
  let energy = 0;
  for (const [j, z] of x.entries()) {
    const current = biases[j]! + sum(input.map((value, i) => value * weights[i]![j]!));
    energy += leak(z) - current * rate(z);
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const a = pairOf(i, j, size);
      if (a === null) continue;
      const [g, psi] = [rate(s[a]!), rate(p[a]!)];
      energy += (kappa / 2) * (leak(s[a]!) + leak(p[a]!) - g * rate(x[i]!) * rate(x[j]!) - psi * g);
      for (let k = 0; k < size; k++)
        for (let l = 0; l < size; l++) {
          const b = pairOf(k, l, size);
          if (b === null) continue;
          const t = sum(modes[a]!.map((w, mode) => w * modes[b]![mode]!)) / 2;
          energy -= (kappa / 4) * psi * t * rate(p[b]!);
        }
    }
  return energy;
}
