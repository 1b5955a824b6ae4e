import { useEffect, useRef } from 'preact/hooks';

/** Colours of pixels in a row: red, green, blue and opacity from 0 to 255, one after the other. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly colours: Uint8ClampedArray<ArrayBuffer>;
}

/** A picture of a few pixels, which the page shows larger. */
export function PixelCanvas({ pixels, label }: { pixels: Pixels; label: string }) {
  const place = useRef<HTMLCanvasElement>(null);
  useEffect(() => paint(place.current!, pixels), [pixels]);
  return (
    <canvas
      class="pixels"
      role="img"
      aria-label={label}
      ref={place}
      width={pixels.width}
      height={pixels.height}
    />
  );
}

export function paint(canvas: HTMLCanvasElement, { colours, width, height }: Pixels): void {
  canvas.getContext('2d')!.putImageData(new ImageData(colours, width, height), 0, 0);
}

/** Dark ink on white paper, in both themes, as MNIST's digits were written. */
export function digitPixels(image: Float32Array, side: number): Pixels {
  const colours = new Uint8ClampedArray(4 * image.length);
  for (const [i, ink] of image.entries()) {
    const grey = 255 * (1 - ink);
    colours.set([grey, grey, grey, 255], 4 * i);
  }
  return { width: side, height: side, colours };
}
