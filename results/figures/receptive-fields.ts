import * as Plot from '@observablehq/plot';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel, panelWidth } from './layout.ts';
import { diverging } from './palettes.ts';
import { pixelImage } from './pixel-image.ts';
import { networkTitle, type OfNetworks, type ShownNetwork } from './responses.ts';
import { drawnAtRandom, quantileOfSizes } from './sample.ts';
import { comparedText, subtitleText } from './words.ts';

/** Weights from the input to the first population of a network. */
export interface InputWeights extends ShownNetwork {
  /** Of the population. */
  readonly name: string;
  /** Inputs x neurons, row by row. */
  readonly weights: Float32Array;
  /** Of an image, in pixels. */
  readonly shape: readonly [height: number, width: number];
}

/** Neurons that are shown of each network, and how many in a row. */
const SHOWN = 64;
const IN_A_ROW = 8;
/** Of all weights, this share lies within the colours; larger ones have the colour of the end. */
const WITHIN = 0.995;
/** Of the lines between neurons. */
const BETWEEN = 'rgb(140, 140, 140)';

/** Weights from the input to the neurons of the first population as images, a panel for each network. */
export function receptiveFields(
  dom: FigureDocument,
  { document, networks }: OfNetworks<InputWeights>,
): FigureElement {
  const columns = networks.length === 1 ? 1 : 2;
  return drawFigure(dom, {
    title: `Receptive fields, the weights from the input: ${comparedText(networks.map(({ label }) => label))}`,
    subtitle: subtitleText(
      document,
      networks.map(({ seed }) => seed),
    ),
    columns,
    panels: networks.map((network) => fieldsPanel(network, networkTitle(network, networks), columns)),
    caption: `A square is a neuron, a point of it the weight from that pixel: red is positive, blue negative, white 0. Every network has a scale of its own, whose ends are in its title: ${100 * WITHIN} % of the weights lie within. Of a population of more than ${SHOWN} neurons so many are shown, drawn at random: the same ones for every network of that size.`,
  });
}

function fieldsPanel(network: InputWeights, title: string, columns: number): Panel {
  const { weights, shape, name } = network;
  const [height, width] = shape;
  const size = weights.length / (height * width);
  const neurons = drawnAtRandom(size, SHOWN, 'receptive fields');
  const across = Math.min(IN_A_ROW, neurons.length);
  const down = Math.ceil(neurons.length / across);
  const limit = quantileOfSizes(weights, WITHIN);
  const image = mosaic(network, size, neurons, across, limit);
  const picture = {
    width: panelWidth(columns),
    height: (panelWidth(columns) * down * height) / (across * width),
  };
  return {
    title: `${title}: ${name}, ±${limit.toPrecision(2)}`,
    height: picture.height,
    plot: {
      margin: 0,
      x: { domain: [0, 1], axis: null },
      y: { domain: [0, 1], axis: null },
      marks: [
        Plot.image([0], {
          ...{ x: 0.5, y: 0.5, src: () => image, ...picture },
          // Understood by browsers and by what draws PNG files.
          imageRendering: 'optimizeSpeed',
        }),
      ],
    },
  };
}

/** The images of neurons side by side, one pixel apart. */
function mosaic(
  { weights, shape: [height, width] }: InputWeights,
  size: number,
  neurons: readonly number[],
  across: number,
  limit: number,
): string {
  const columns = across * (width + 1) - 1;
  const rows = Math.ceil(neurons.length / across) * (height + 1) - 1;
  const { colours, place: placeOf } = diverging();
  const pixels = new Uint8Array(columns * rows).fill(colours.length);
  for (const [place, neuron] of neurons.entries()) {
    const left = (place % across) * (width + 1);
    const top = Math.floor(place / across) * (height + 1);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const share = weights[(y * width + x) * size + neuron]! / limit;
        pixels[(top + y) * columns + left + x] = placeOf(share);
      }
  }
  return pixelImage(pixels, columns, [...colours, BETWEEN]);
}
