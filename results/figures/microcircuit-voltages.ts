import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type LegendEntry, type Panel } from './layout.ts';
import type { ShownNetwork } from './responses.ts';
import { MUTED, ROLES } from './theme.ts';
import { COMPARTMENTS, phaseMarks, phaseNames, potentialFrame, type TwoPhases } from './voltage-panels.ts';
import { type Described, imageText, sentences, subtitleText } from './words.ts';

/** Potentials of a neuron at the beginning of each step, relative to rest. */
export interface PotentialTraces {
  readonly population: string;
  readonly neuron: number;
  readonly basal: Float32Array;
  readonly soma: Float32Array;
  /** u + τ du/dt, which rates follow with latent equilibrium; null where they follow the soma. */
  readonly prospective: Float32Array | null;
}

/** A microcircuit while it is shown one image, without its target and then with it. */
export interface MicrocircuitTraces extends ShownNetwork {
  /** Place of the image in the test set, null where it is none of it, and its class. */
  readonly image: number | null;
  readonly answer: number;
  /** ms of a step, and steps of each phase. */
  readonly timeStep: number;
  readonly untaught: number;
  readonly taught: number;
  readonly hidden: PotentialTraces & { readonly apical: Float32Array };
  /** An interneuron beside it, and the neuron of the same number that teaches it: what the teaching current follows. */
  readonly interneuron: PotentialTraces & {
    readonly teacher: { readonly population: string; readonly potential: Float32Array };
  };
  /** The output neuron of the image's class. */
  readonly output: PotentialTraces;
}

const HEIGHT = 110;
const PROSPECTIVE = '3 2';
const TEACHER = { stroke: MUTED, strokeWidth: 3.5, strokeOpacity: 0.35 } as const;

/** Potentials of a hidden pyramidal neuron, of an interneuron beside it, and of an output neuron, through both phases. */
export function microcircuitVoltages(
  dom: FigureDocument,
  document: Described,
  traces: MicrocircuitTraces,
): FigureElement {
  const { hidden, interneuron, output, answer, image, label, seed } = traces;
  const { teacher } = interneuron;
  const isProspective = hidden.prospective !== null;
  return drawFigure(dom, {
    title: `${label}: voltages while ${imageText(image, answer)} is shown without and with its target`,
    subtitle: subtitleText(document, [seed]),
    legend: isProspective ? [...COMPARTMENTS, PROSPECTIVE_SOMA] : COMPARTMENTS,
    panels: [
      panel(traces, {
        title: `Neuron ${hidden.neuron} of ${hidden.population}: apical dendrite`,
        marks: [
          ...phaseNames(phasesOf(traces), -10),
          lineOf(traces, hidden.apical, { stroke: ROLES.apical, strokeWidth: 1.5 }),
        ],
      }),
      panel(traces, {
        title: 'The same neuron: basal dendrite and soma',
        marks: potentials(traces, hidden),
      }),
      panel(traces, {
        title: `Interneuron ${interneuron.neuron} beside it, and in grey its teacher, neuron ${interneuron.neuron} of ${teacher.population}`,
        marks: [lineOf(traces, teacher.potential, TEACHER), ...potentials(traces, interneuron)],
      }),
      panel(traces, {
        title: `Neuron of class ${answer} in the output layer, which the target teaches`,
        marks: potentials(traces, output),
        isLast: true,
      }),
    ],
    caption: sentences(
      'Shaded: the taught phase, in which the target teaches the output neurons. All neurons start at rest.',
      'Shown are the hidden neuron whose apical potential differs most between the ends of the phases, and the interneuron whose soma does.',
      isProspective
        ? 'Dashed: the prospective potential u + τ du/dt of a soma, which rates, plasticity and the teaching of interneurons follow; grey is that of the teacher.'
        : 'Grey: the soma of the teacher.',
      'Potentials are relative to rest.',
    ),
  });
}

const PROSPECTIVE_SOMA: LegendEntry = {
  label: 'prospective soma',
  style: { colour: ROLES.soma, dash: PROSPECTIVE, symbol: 'circle' },
  as: 'line',
};

const phasesOf = ({ timeStep, untaught, taught }: MicrocircuitTraces): TwoPhases => ({
  names: ['untaught phase', 'taught phase'],
  lengths: [timeStep * untaught, timeStep * taught],
});

function panel(
  traces: MicrocircuitTraces,
  { title, marks, isLast = false }: { title: string; marks: readonly Plot.Markish[]; isLast?: boolean },
): Panel {
  const phases = phasesOf(traces);
  return {
    title,
    height: isLast ? HEIGHT + 30 : HEIGHT,
    plot: { ...potentialFrame(phases, isLast), marks: [...phaseMarks(phases), ...marks] },
  };
}

const lineOf = (
  { timeStep }: MicrocircuitTraces,
  values: Float32Array,
  style: Plot.LineOptions,
): Plot.Markish =>
  Plot.line(values, { x: (_: number, i: number) => i * timeStep, y: (v: number) => v, ...style });

function potentials(
  traces: MicrocircuitTraces,
  { basal, soma, prospective }: PotentialTraces,
): Plot.Markish[] {
  return [
    lineOf(traces, basal, { stroke: ROLES.basal, strokeWidth: 1.2 }),
    lineOf(traces, soma, { stroke: ROLES.soma, strokeWidth: 1.8 }),
    ...(prospective
      ? [lineOf(traces, prospective, { stroke: ROLES.soma, strokeWidth: 1.2, strokeDasharray: PROSPECTIVE })]
      : []),
  ];
}
