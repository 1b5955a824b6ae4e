import type { ComponentChildren } from 'preact';
import { useCallback } from 'preact/hooks';
import { FIGURES, type FigureDocument, type OfNetworks } from '../../../results/figures/index.ts';
import { Figure } from '../../shared/figure.tsx';
import type { NeuronTraces, Recording, ViewName } from './recorders.ts';

/** How a view is called, and what to look for. */
export const VIEWS: Readonly<Record<ViewName, { readonly title: string; readonly about: string }>> = {
  voltages: {
    title: 'One neuron in both phases',
    about:
      'In the target phase a teaching current drives the output neuron of the class. Feedback carries the change into the apical dendrite, whose plateau potential α then differs from that of the forward phase: the difference is the error of this neuron.',
  },
  settling: {
    title: 'Settling, free and nudged',
    about:
      'The network settles. A weak pull of the outputs towards the target then moves every layer a little: the product of the rates of two neurons after the nudge, minus that before it, is what their synapse learns.',
  },
  'feedback-weights': {
    title: 'Feedback against forward weights',
    about:
      'What is wrong comes back through weights of its own. While the rule learns, forward and feedback weights come to agree, and the angle between the two falls below 90 degrees: what comes back then points to where the gradient does, by more than chance.',
  },
};

/** A recording of a run, as the figure of its name, and what its synapses learn from it. */
export function Picture({ recording }: { recording: Recording }) {
  const { view, described, recorded } = recording;
  const draw = useCallback(
    (dom: FigureDocument) => {
      const figure = FIGURES.find(({ name }) => name === view)!;
      const data: OfNetworks<typeof recorded> = { document: described, networks: [recorded] };
      return (figure.draw as (dom: FigureDocument, data: unknown, by: 'examples') => Element)(
        dom,
        data,
        'examples',
      );
    },
    [view, described, recorded],
  );
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: where a screen is narrow it scrolls, by keys too */}
      <section class="scrolling" tabIndex={0} aria-label={`${VIEWS[view].title}, which may scroll sideways`}>
        <Figure draw={draw} label={`${VIEWS[view].title}: ${recorded.label}`} />
      </section>
      {recording.view === 'voltages' && <WhatIsLearned traces={recording.recorded} />}
      {recording.view === 'settling' && (
        <Equation text="ΔW = −η [∂F/∂W(s^β) − ∂F/∂W(s⁰)] / β,   ∂F/∂W_ij = −ρ(s_i) ρ(s_j)">
          A synapse between two neurons that are both more active after the nudge grows.
        </Equation>
      )}
    </>
  );
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));

/** Eq. 33 of Guerguiev et al. 2017 with the numbers of this neuron. */
function WhatIsLearned({ traces }: { traces: NeuronTraces }) {
  const { hidden, forward, window, kB, maximalRate } = traces;
  const averaged = hidden.soma.subarray(forward - window, forward);
  const potential = averaged.reduce((sum, v) => sum + v, 0) / window;
  const slope = sigmoid(potential) * (1 - sigmoid(potential));
  const change = hidden.plateaus.target - hidden.plateaus.forward;
  const error = -kB * maximalRate * change * slope;
  return (
    <Equation text="e = −k_B φ_max (α_t − α_f) σ′(V_f),   ΔW = −η P e sᵀ">
      {`Here −${kB.toPrecision(3)} · ${maximalRate} · (${hidden.plateaus.target.toFixed(3)} − ${hidden.plateaus.forward.toFixed(3)}) · ${slope.toFixed(3)} = ${error.toExponential(1)}: `}
      {change === 0
        ? 'the plateau potentials are the same, and nothing is learned.'
        : `synapses of neuron ${hidden.neuron} from active inputs ${error < 0 ? 'grow' : 'shrink'}.`}
    </Equation>
  );
}

function Equation({ text, children }: { text: string; children: ComponentChildren }) {
  return (
    <p>
      <code>{text}</code>
      <br />
      {children}
    </p>
  );
}
