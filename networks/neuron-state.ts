import type { Tensor } from '../kernels/index.ts';

/** The soma of the neurons of one layer and what is on its way to them. */
export interface SomaState {
  /** Potential, batch x size. */
  readonly soma: Tensor;
  /** Currents that past spikes will cause in the next milliseconds, (taps - 1) batch x size. */
  readonly pending: Tensor;
}

/** Everything that lasts from one millisecond to the next. */
export interface NeuronState {
  /**
   * For each population, input first, what it will fire on average, in spikes, until its next spike, batch x size (see
   * `Kernels.spikes`).
   */
  readonly untilSpike: readonly Tensor[];
  /** One for each connection: that of the layer it leads to. */
  readonly layers: readonly SomaState[];
  /** What reaches the apical dendrites in the next millisecond, batch x outputs, and what is on its way. */
  readonly signal: Tensor;
  readonly pendingSignal: Tensor;
  /**
   * What past spikes of each population but the last will add to the postsynaptic potentials that they cause, per unit of
   * weight, (taps - 1) batch x size; null where these potentials are not followed.
   */
  readonly pendingPsps: readonly Tensor[] | null;
}

/** Makes a tensor of zeros that keeps its values, such as `k.state`. */
export type Allocate = (name: string, rows: number, columns: number) => Tensor;
