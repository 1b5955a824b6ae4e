import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel } from './layout.ts';
import { type MicrocircuitTraces, microcircuitVoltages } from './microcircuit-voltages.ts';
import type { OfNetworks, ShownNetwork } from './responses.ts';
import { GRID, INK, ROLES, SIZES } from './theme.ts';
import {
  COMPARTMENTS,
  MARGINS,
  phaseMarks,
  phaseNames,
  potentialFrame,
  type TwoPhases,
  timeScale,
} from './voltage-panels.ts';
import { type Described, imageText, sentences, subtitleText } from './words.ts';

/** Potentials of a neuron, a value for each ms, relative to rest. */
export interface NeuronTraces {
  readonly population: string;
  readonly neuron: number;
  readonly basal: Float32Array;
  readonly soma: Float32Array;
}

/** What electrodes saw of a network while it was shown one image, in the forward phase and in the target phase after it. */
export interface VoltageTraces extends ShownNetwork {
  /** Place of the image in the test set, null where it is none of it, and its class. */
  readonly image: number | null;
  readonly answer: number;
  /** Lengths of the phases, and of the end of each that plateau potentials are averaged over, ms. */
  readonly forward: number;
  readonly target: number;
  readonly window: number;
  /** A hidden neuron, with its plateau potentials alpha from 0 to 1. */
  readonly hidden: NeuronTraces & {
    readonly apical: Float32Array;
    readonly plateaus: { readonly forward: number; readonly target: number };
  };
  /** The output neuron of the image's class. */
  readonly output: NeuronTraces;
  /** Numbers of spikes in each ms, of some neurons. */
  readonly spikes: readonly { readonly population: string; readonly counts: Float32Array }[];
  /** Reversal potential of the teaching current, which says in what unit potentials are. */
  readonly excitation: number;
}

/** A value of a millisecond is that at its end. */
const ms = (_: number, i: number): number => i + 1;

/** Voltage traces of one image through both phases, of the first of the networks. */
export function voltages(
  dom: FigureDocument,
  { document, networks }: OfNetworks<VoltageTraces | MicrocircuitTraces>,
): FigureElement {
  const traces = networks[0]!;
  return 'interneuron' in traces
    ? microcircuitVoltages(dom, document, traces)
    : segregatedVoltages(dom, document, traces);
}

function segregatedVoltages(dom: FigureDocument, document: Described, traces: VoltageTraces): FigureElement {
  const { hidden, output, answer, image, window, excitation, label, seed } = traces;
  return drawFigure(dom, {
    title: `${label}: voltages while ${imageText(image, answer)} is shown without and with its target`,
    subtitle: subtitleText(document, [seed]),
    legend: COMPARTMENTS,
    panels: [
      apicalPanel(traces),
      potentialsPanel(traces, hidden, `The same neuron: basal dendrite and soma`, 110),
      potentialsPanel(
        traces,
        output,
        `Neuron of class ${answer} in the output layer, which the teaching current drives`,
        110,
      ),
      rasterPanel(traces),
    ],
    caption: sentences(
      `Shaded: the target phase, in which the teaching current is on. Triangles: plateau potentials, at the end of each phase; they are α = σ(mean apical potential of the last ${window} ms), which the bars show.`,
      'Shown is the hidden neuron whose plateau potential differs most between the phases.',
      `Potentials are relative to rest, in the unit in which the teaching current reverses at ±${excitation}.`,
    ),
  });
}

const phasesOf = ({ forward, target }: VoltageTraces): TwoPhases => ({
  names: ['forward phase', 'target phase'],
  lengths: [forward, target],
});

function apicalPanel(traces: VoltageTraces): Panel {
  const { hidden, forward, target, window } = traces;
  const { apical, plateaus, neuron, population } = hidden;
  const ends = [
    { end: forward, alpha: plateaus.forward },
    { end: forward + target, alpha: plateaus.target },
  ];
  const means = ends.map(({ end, alpha }) => {
    const averaged = apical.subarray(end - window, end);
    return { end, alpha, mean: averaged.reduce((sum, v) => sum + v, 0) / window };
  });
  return {
    title: `Neuron ${neuron} of ${population}: apical dendrite, driven by the output layer`,
    height: 120,
    plot: {
      ...potentialFrame(phasesOf(traces)),
      marks: [
        ...phaseMarks(phasesOf(traces)),
        ...phaseNames(phasesOf(traces), 3),
        Plot.line(apical, { x: ms, y: (v: number) => v, stroke: ROLES.apical, strokeWidth: 1.5 }),
        ...means.flatMap(({ end, mean, alpha }) => [
          Plot.link([0], {
            ...{ x1: end - window, x2: end, y1: mean, y2: mean },
            ...{ stroke: INK, strokeWidth: 3, strokeOpacity: 0.75 },
          }),
          Plot.dot([0], { x: end, y: mean, symbol: 'triangle', r: 5, fill: ROLES.apical, stroke: INK }),
          Plot.text([`α = ${alpha.toFixed(3)}`], {
            ...{ x: end, frameAnchor: 'top', dy: -10, textAnchor: 'end', text: (t: string) => t },
          }),
        ]),
      ],
    },
  };
}

function potentialsPanel(
  traces: VoltageTraces,
  { basal, soma }: NeuronTraces,
  title: string,
  height: number,
): Panel {
  return {
    title,
    height,
    plot: {
      ...potentialFrame(phasesOf(traces)),
      marks: [
        ...phaseMarks(phasesOf(traces)),
        Plot.line(basal, { x: ms, y: (v: number) => v, stroke: ROLES.basal, strokeWidth: 1.2 }),
        Plot.line(soma, { x: ms, y: (v: number) => v, stroke: ROLES.soma, strokeWidth: 1.8 }),
      ],
    },
  };
}

/** A tick for each ms in which a neuron spikes, a row for each neuron. */
function rasterPanel(traces: VoltageTraces): Panel {
  const { spikes } = traces;
  const ticks = spikes.flatMap(({ counts }, row) =>
    [...counts.entries()].filter(([, count]) => count > 0).map(([time]) => ({ time: time + 0.5, row })),
  );
  const populations = [...new Set(spikes.map(({ population }) => population))];
  const middles = populations.map((population) => {
    const rows = [...spikes.keys()].filter((row) => spikes[row]!.population === population);
    return { population, middle: (rows[0]! + rows.at(-1)!) / 2, first: rows[0]!, count: rows.length };
  });
  return {
    title: `Spikes of ${middles.map(({ population, count }) => `${count} neurons of ${population}`).join(' (below) and ')} (above)`,
    height: 60 + 4 * spikes.length,
    plot: {
      ...MARGINS,
      ...{ marginTop: 6, marginBottom: 38 },
      x: timeScale(phasesOf(traces), true),
      y: { domain: [-1, spikes.length], axis: null },
      marks: [
        ...phaseMarks(phasesOf(traces)),
        ...middles.slice(1).map(({ first }) => Plot.ruleY([first - 0.5], { stroke: GRID })),
        ...middles.map(({ population, middle }) =>
          Plot.text([population], {
            ...{ frameAnchor: 'left', textAnchor: 'middle', rotate: -90, dx: -10 },
            ...{ y: middle, text: (t: string) => t, fontSize: SIZES.small },
          }),
        ),
        Plot.link(ticks, {
          ...{ x1: 'time', x2: 'time', y1: (tick) => tick.row - 0.42, y2: (tick) => tick.row + 0.42 },
          ...{ stroke: INK, strokeWidth: 1.1 },
        }),
      ],
    },
  };
}
