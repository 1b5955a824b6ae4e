import type { Executable, Tensor } from '../kernels/index.ts';
import type { MicrocircuitNetwork, MicrocircuitTime } from './microcircuit.ts';
import { MicrocircuitSimulation, type NeuronsInTime, stepsOf } from './microcircuit-simulation.ts';

/** Potentials of the neurons of a population, for each step one value a neuron. */
export interface PopulationTraces {
  readonly basal: readonly Float32Array[];
  /** Empty where there is no apical dendrite. */
  readonly apical: readonly Float32Array[];
  readonly soma: readonly Float32Array[];
  /** What rates and plasticity follow: the soma, or with latent equilibrium its prospective potential. */
  readonly seen: readonly Float32Array[];
}

/** What happens in a microcircuit while it is shown one image, at the beginning of each step of the untaught and then of the taught phase. */
export interface MicrocircuitRecording {
  /** Steps of each phase. */
  readonly untaught: number;
  readonly taught: number;
  /** Above the input, lowest first. */
  readonly pyramidal: readonly PopulationTraces[];
  /** Beside each hidden layer, lowest first. */
  readonly interneurons: readonly PopulationTraces[];
}

const COMPARTMENTS = ['basal', 'apical', 'soma', 'seen'] as const;

/**
 * Shows an image to a microcircuit at rest, and its target from the end of the untaught phase on, and records every potential. It does not
 * learn, and its neurons are not those of training.
 * @param image pixels from 0 to 1
 * @param label class that output neurons are taught
 * @throws Error when the network has no time
 */
export async function recordMicrocircuit(
  network: MicrocircuitNetwork,
  image: Float32Array,
  label: number,
): Promise<MicrocircuitRecording> {
  if (!network.time) throw new Error('a microcircuit with steady potentials has no traces to record');
  const { kernels: k, populations, time } = network;
  const shown = k.result('recorder: image', 1, populations[0]!.size);
  const target = k.result('recorder: target', 1, populations.at(-1)!.size);
  const probes = new Probes(network, time, shown);
  const phases = [
    { steps: stepsOf(time.untaught, time), step: await probes.trace() },
    { steps: stepsOf(time.taught, time), step: await probes.trace(target) },
  ] as const;
  await k.device.write(shown, image);
  await k.device.write(
    target,
    Float32Array.from({ length: target.columns }, (_, i) => Number(i === label)),
  );
  let firstStep = 0;
  for (const { steps, step } of phases) {
    for (let i = 0; i < steps; i++) {
      await step.run({ steps: 1, firstStep: firstStep++, rows: new Uint32Array(0) });
      await probes.read();
    }
    step.dispose();
  }
  const [untaught, taught] = phases;
  return { untaught: untaught.steps, taught: taught.steps, ...probes.traces() };
}

/** Neurons that last from one run of a step to the next, and what is read of them. */
class Probes {
  readonly #network: MicrocircuitNetwork;
  readonly #time: MicrocircuitTime;
  readonly #image: Tensor;
  readonly #results = new Map<string, Tensor>();
  /** By the name of a probe. */
  readonly #seen = new Map<string, Float32Array[]>();

  constructor(network: MicrocircuitNetwork, time: MicrocircuitTime, image: Tensor) {
    this.#network = network;
    this.#time = time;
    this.#image = image;
  }

  /** A step that goes on from where the last one, of either phase, ended. */
  trace(target?: Tensor): Promise<Executable> {
    return this.#network.kernels.trace('a recorded step', () => {
      const simulation = new MicrocircuitSimulation(this.#network, this.#image, (name, rows, columns) =>
        this.#result(`neurons: ${name}`, rows, columns),
      );
      simulation.phase(this.#time.step, {
        ...(target && { target }),
        observe: ({ pyramidal, interneurons }) => {
          for (const [l, neurons] of pyramidal.entries()) this.#probe(`pyramidal ${l}`, neurons);
          for (const [h, neurons] of interneurons.entries()) this.#probe(`interneurons ${h}`, neurons);
        },
      });
    });
  }

  #result(name: string, rows: number, columns: number): Tensor {
    const known = this.#results.get(name);
    if (known) return known;
    const made = this.#network.kernels.result(`recorder: ${name}`, rows, columns);
    this.#results.set(name, made);
    return made;
  }

  #probe(population: string, neurons: NeuronsInTime): void {
    for (const compartment of COMPARTMENTS) {
      const potential = neurons[compartment];
      if (!potential) continue;
      const name = `${compartment} of ${population}`;
      this.#network.kernels.mapInto(this.#result(name, 1, potential.columns), (v) => v, potential);
      this.#seen.set(name, []);
    }
  }

  async read(): Promise<void> {
    for (const [name, values] of this.#seen)
      values.push(await this.#network.kernels.device.read(this.#results.get(name)!));
  }

  traces(): Pick<MicrocircuitRecording, 'pyramidal' | 'interneurons'> {
    const of = (population: string): PopulationTraces => {
      const [basal, apical, soma, seen] = COMPARTMENTS.map(
        (compartment) => this.#seen.get(`${compartment} of ${population}`) ?? [],
      );
      return { basal: basal!, apical: apical!, soma: soma!, seen: seen! };
    };
    const { connections, circuits } = this.#network;
    return {
      pyramidal: connections.map((_, l) => of(`pyramidal ${l}`)),
      interneurons: circuits.map((_, h) => of(`interneurons ${h}`)),
    };
  }
}
