import * as Plot from '@observablehq/plot';
import { consecutive, RandomStream } from '../../kernels/index.ts';
import type { FigureDocument, FigureElement } from './dom.ts';
import { drawFigure, type Panel, panelWidth } from './layout.ts';
import { pixelImage } from './pixel-image.ts';
import { networkTitle, type OfNetworks, type ShownNetwork } from './responses.ts';
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
/** Colours from the most negative weight to the most positive one: an odd number, so that one is for 0. */
const COLOURS = 65;
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
  const neurons = chosen(size);
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

/** Drawn from a stream of its own, so that networks of one size show the same neurons; in order. */
function chosen(size: number): number[] {
  const all = consecutive(0, size);
  if (size <= SHOWN) return [...all];
  return [...new RandomStream(0, 'receptive fields').shuffle(all).subarray(0, SHOWN)].sort((a, b) => a - b);
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
  const middle = (COLOURS - 1) / 2;
  const pixels = new Uint8Array(columns * rows).fill(COLOURS);
  for (const [place, neuron] of neurons.entries()) {
    const left = (place % across) * (width + 1);
    const top = Math.floor(place / across) * (height + 1);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const share = weights[(y * width + x) * size + neuron]! / limit;
        const colour = middle + Math.round(middle * Math.min(1, Math.max(-1, share)));
        pixels[(top + y) * columns + left + x] = colour;
      }
  }
  return pixelImage(pixels, columns, [...palette(), BETWEEN]);
}

/** Blue, white, red: also told apart without seeing red or green. */
function palette(): readonly string[] {
  const { apply } = Plot.scale({
    color: { type: 'diverging', scheme: 'RdBu', reverse: true, domain: [-1, 1] },
  });
  return Array.from({ length: COLOURS }, (_, i) => apply((2 * i) / (COLOURS - 1) - 1) as string);
}

/** The absolute value below which a share of the values lies; 1 where all are 0. */
function quantileOfSizes(values: Float32Array, share: number): number {
  const sizes = values.map(Math.abs).sort();
  return sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] || 1;
}
