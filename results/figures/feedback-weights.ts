import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel } from './layout.ts';
import { networkTitle, type OfNetworks, type ShownNetwork } from './responses.ts';
import { drawnAtRandom, quantileOfSizes } from './sample.ts';
import { GRID, seriesStyle } from './theme.ts';
import { comparedText, subtitleText } from './words.ts';

/** Feedback weights, and what backpropagation would have in their place. */
export interface FeedbackWeights extends ShownNetwork {
  readonly paths: readonly {
    readonly name: string;
    /** In one order. */
    readonly feedback: Float32Array;
    readonly backpropagated: ArrayLike<number>;
    /** Degrees. */
    readonly angle: number;
  }[];
}

type Path = FeedbackWeights['paths'][number];

/** Of more synapses so many are drawn, and the outermost share of the values lies on the frame. */
const SHOWN = 400;
const WITHIN = 0.99;

/** Each feedback weight against the forward weight whose place it takes, a panel for each pathway. */
export function feedbackWeights(
  dom: FigureDocument,
  { document, networks }: OfNetworks<FeedbackWeights>,
): FigureElement {
  return drawFigure(dom, {
    title: `Feedback weights against forward weights: ${comparedText(networks.map(({ label }) => label))}`,
    subtitle: subtitleText(
      document,
      networks.map(({ seed }) => seed),
    ),
    columns: 2,
    panels: networks.flatMap((network) =>
      network.paths.map((path) => panel(path, networkTitle(network, networks))),
    ),
    caption: `A dot is a synapse: across, the weight that backpropagation would send the error back through (the transposed forward weights, or their product where the pathway skips layers); upwards, the weight of the rule. Fixed feedback stays, and the forward weights come to agree with it. 0 degrees would be a rising line, 90 degrees no relation. Of more than ${SHOWN} synapses so many are shown, drawn at random; weights beyond ${100 * WITHIN} % of all stand at the frame.`,
  });
}

function panel({ name, feedback, backpropagated, angle }: Path, network: string): Panel {
  const shown = drawnAtRandom(feedback.length, SHOWN, 'feedback weights');
  const limits = { x: quantileOfSizes(backpropagated, WITHIN), y: quantileOfSizes(feedback, WITHIN) };
  const within = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));
  const axis = { ticks: 4, labelAnchor: 'center', labelArrow: 'none' } as const;
  return {
    title: `${network}, ${name}: ${Number.isNaN(angle) ? 'all are zero, no angle' : `${angle.toFixed(1)} degrees`}`,
    height: 230,
    plot: {
      ...{ marginLeft: 46, marginRight: 8, marginTop: 8, marginBottom: 38 },
      x: { domain: [-limits.x, limits.x], label: 'Forward', ...axis },
      y: { domain: [-limits.y, limits.y], label: 'Feedback', ...axis },
      marks: [
        Plot.ruleX([0], { stroke: GRID }),
        Plot.ruleY([0], { stroke: GRID }),
        Plot.dot(shown, {
          ...{ x: (i: number) => within(backpropagated[i]!, limits.x) },
          ...{ y: (i: number) => within(feedback[i]!, limits.y) },
          ...{ r: 1.6, fill: seriesStyle(0).colour, fillOpacity: 0.55 },
        }),
      ],
    },
  };
}
