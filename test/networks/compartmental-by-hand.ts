import {
  CompartmentalNetwork,
  type CompartmentalOptions,
  GUERGUIEV_2017,
  type Instant,
  type NetworkSettings,
  type NeuronConstants,
  Presentation,
} from '../../networks/index.ts';
import { float64, networkSettings, runOnce } from '../support.ts';

export const LAYERS = [6, 5, 4, 3];
/** From rest: the 20 averaged ms and 10 before. */
export const WATCHED = 30;
export const KAPPA = Array.from(
  { length: 10 },
  (_, j) => (Math.exp(-(j + 1) / 10) - Math.exp(-(j + 1) / 3)) / 7,
);

/** Settings of neurons with compartments; the initial weights are theirs unless others are given. */
export const compartmentalSettings = (given: Partial<NetworkSettings> = {}): NetworkSettings =>
  networkSettings({
    layers: LAYERS,
    activation: 'sigmoid',
    loss: 'squared-error',
    outputActivation: 'sigmoid',
    initial: 'segregated-dendrite',
    ...given,
  });

/** Options of spiking neurons in phases that nothing outlasts. */
export const compartmentalOptions = (
  given: Partial<CompartmentalOptions> = {},
  constants: Partial<NeuronConstants> = {},
): CompartmentalOptions => ({
  constants: { ...GUERGUIEV_2017, ...constants },
  neurons: 'spiking',
  feedback: 'spikes',
  plateauTimes: 'fixed',
  window: 20,
  shortestPhase: 50,
  ...given,
});

export interface Settings {
  apical?: number;
  feedback?: 'spikes' | 'rates';
  neurons?: 'spiking' | 'rate';
  target?: boolean;
  seed?: number;
}

/** A phase of 30 ms on the float64 device, with everything that happened in each ms. */
export async function watchedPhase({
  apical = 0,
  feedback = 'spikes',
  neurons = 'spiking',
  target = false,
  seed = 1,
}: Settings) {
  const { device, k } = float64(seed);
  const network = new CompartmentalNetwork(
    k,
    2,
    compartmentalSettings(),
    compartmentalOptions({ neurons, feedback }, { apical }),
  );
  const input = k.state('image', 1, LAYERS[0]!, Float32Array.of(1, 0.5, 0, 0.25, 0.75, 1));
  const label = k.state('label', 1, 3, Float32Array.of(0, 1, 0));
  const weights = [5, 4].map((size, l) =>
    k.state(
      `feedback ${l}`,
      3,
      size,
      Float32Array.from({ length: 3 * size }, (_, i) => Math.sin(7 * i + l)),
    ),
  );
  const row = k.state(
    'row',
    WATCHED,
    1,
    Float32Array.from({ length: WATCHED }, (_, i) => i),
  );
  const log = (name: string, size: number) => k.state(`log ${name}`, WATCHED, size);
  const logs = {
    spikes: LAYERS.map((size, p) => log(`spikes ${p}`, size)),
    rates: LAYERS.map((size, p) => log(`rates ${p}`, size)),
    basal: LAYERS.map((size, p) => log(`basal ${p}`, size)),
    apical: LAYERS.map((size, p) => log(`apical ${p}`, size)),
    soma: LAYERS.map((size, p) => log(`soma ${p}`, size)),
  };
  const means = {
    psp: LAYERS.slice(0, -1).map((size, p) => k.state(`mean psp ${p}`, 1, size)),
    soma: LAYERS.slice(1).map((size, p) => k.state(`mean soma ${p}`, 1, size)),
    apical: [5, 4].map((size, p) => k.state(`mean apical ${p}`, 1, size)),
    outputRate: k.state('mean rate', 1, 3),
  };
  await runOnce(k, () => {
    const seen = new Presentation(network, input, weights).phase({
      duration: WATCHED,
      ...(target && { target: label }),
      observe(instant: Instant, iteration) {
        const write = (into: (typeof row)[], p: number, values: typeof row | null) => {
          if (values)
            k.mapInto(into[p]!, (old, x, r, i) => (r === i ? x : old), into[p]!, values, row, iteration);
        };
        for (const p of LAYERS.keys()) {
          write(logs.spikes, p, instant.spikes[p]!);
          write(logs.rates, p, instant.firingRates[p]!);
          for (const part of ['basal', 'apical', 'soma'] as const)
            write(logs[part], p, instant.potential(p, part));
        }
      },
    });
    const copy = (into: readonly (typeof row)[], from: readonly (typeof row)[]) => {
      for (const [i, t] of from.entries()) k.mapInto(into[i]!, (x) => x, t);
    };
    copy(means.psp, seen.psp);
    copy(means.soma, seen.soma);
    copy(means.apical, seen.apical);
    copy([means.outputRate], [seen.outputRate]);
  });
  const read = (t: typeof row) => [...device.values(t)];
  const rows = (t: typeof row) =>
    Array.from({ length: t.rows }, (_, i) => read(t).slice(i * t.columns, (i + 1) * t.columns));
  return {
    log: Object.fromEntries(
      Object.entries(logs).map(([name, tensors]) => [name, tensors.map(rows)]),
    ) as Record<keyof typeof logs, number[][][]>,
    means: {
      psp: means.psp.map(read),
      soma: means.soma.map(read),
      apical: means.apical.map(read),
      outputRate: read(means.outputRate),
    },
    weights: network.connections.map(({ weights: w }) => rows(w)),
    biases: network.connections.map(({ bias }) => read(bias!)),
    feedback: weights.map(rows),
    network,
    device,
    k,
  };
}

/** Postsynaptic potentials from logged spikes by the sum of eq. 11, for every ms. */
export const filtered = (spikes: number[][]): number[][] =>
  spikes.map((row, t) =>
    row.map((_, j) => KAPPA.reduce((total, kappa, lag) => total + kappa * (spikes[t - lag]?.[j] ?? 0), 0)),
  );

export const mean = (rows: number[][]): number[] =>
  rows[0]!.map((_, j) => rows.reduce((total, row) => total + row[j]!, 0) / rows.length);

/** row @ matrix, in plain loops. */
export const through = (row: number[], matrix: number[][]): number[] =>
  matrix[0]!.map((_, j) => row.reduce((total, x, i) => total + x * matrix[i]![j]!, 0));
