import { scale } from '@observablehq/plot';
import { useMemo } from 'preact/hooks';
import { SIDE } from '../digits/drawing.ts';
import type { Playground } from '../playground.ts';
import type { Fields as FieldsOfRun } from '../run/messages.ts';
import { PixelCanvas, type Pixels } from './canvas.tsx';
import { labelAt } from './labels.ts';
import { Sample } from './plots.tsx';

const IN_A_ROW = 8;
/** Of all weights, this share lies within the colours; larger ones have the colour of the end. */
const WITHIN = 0.995;
const COLOURS = 65;

/** Weights from the input to some hidden neurons, as images. */
export function Fields({ page }: { page: Playground }) {
  const sides = page.duel?.sides ?? [];
  return (
    <section class="panel" aria-labelledby="fields-title">
      <h2 id="fields-title">Receptive fields</h2>
      <p class="muted">
        A square is a hidden neuron, a point of it the weight from that pixel: red is positive, blue negative,
        white 0. All networks show the same neurons.
      </p>
      {sides.map(
        ({ fields }, place) =>
          fields && (
            <figure key={labelAt(page, place)}>
              <figcaption>
                <Sample place={place} /> {labelAt(page, place)}
              </figcaption>
              <Mosaic
                fields={fields}
                label={`Receptive fields of ${fields.neurons.length} neurons, ${labelAt(page, place)}`}
              />
            </figure>
          ),
      )}
    </section>
  );
}

function Mosaic({ fields, label }: { fields: FieldsOfRun; label: string }) {
  const pixels = useMemo(() => mosaic(fields), [fields]);
  return <PixelCanvas pixels={pixels} label={label} />;
}

function mosaic({ neurons, weights }: FieldsOfRun): Pixels {
  const across = Math.min(IN_A_ROW, neurons.length);
  const width = across * (SIDE + 1) - 1;
  const height = Math.ceil(neurons.length / across) * (SIDE + 1) - 1;
  const colours = new Uint8ClampedArray(4 * width * height);
  const limit = quantileOfSizes(weights, WITHIN);
  const middle = (COLOURS - 1) / 2;
  for (const [i, weight] of weights.entries()) {
    const [neuron, pixel] = [Math.floor(i / (SIDE * SIDE)), i % (SIDE * SIDE)];
    const x = (neuron % across) * (SIDE + 1) + (pixel % SIDE);
    const y = Math.floor(neuron / across) * (SIDE + 1) + Math.floor(pixel / SIDE);
    const share = Math.min(1, Math.max(-1, weight / limit));
    colours.set(PALETTE[middle + Math.round(middle * share)]!, 4 * (y * width + x));
  }
  return { width, height, colours };
}

/** Blue, white, red: also told apart without seeing red or green; those of the figure `receptive-fields`. */
const PALETTE: readonly (readonly number[])[] = (() => {
  const { apply } = scale({ color: { type: 'diverging', scheme: 'RdBu', reverse: true, domain: [-1, 1] } });
  return Array.from({ length: COLOURS }, (_, i) => {
    const colour = String(apply((2 * i) / (COLOURS - 1) - 1));
    return [...colour.match(/\d+/g)!.slice(0, 3).map(Number), 255];
  });
})();

/** The absolute value below which a share of the values lies; 1 where all are 0. */
function quantileOfSizes(values: Float32Array, share: number): number {
  const sizes = values.map(Math.abs).sort();
  return sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] || 1;
}
