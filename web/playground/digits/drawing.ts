/** An image of a digit, as MNIST has them: 28 x 28 pixels from 0, paper, to 1, ink, row by row. */
export const SIDE = 28;
/** MNIST's digits fit into a box of so many pixels, within the image. */
const BOX = 20;
/** Pixels of a pen's tip from its middle. */
const TIP = 1.5;

export const blank = (): Float32Array => new Float32Array(SIDE * SIDE);

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The image with a stroke from one point to another, in pixels. */
export function withStroke(image: Float32Array, from: Point, to: Point): Float32Array {
  const inked = image.slice();
  const parts = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 0; i <= parts; i++) {
    const x = from.x + ((to.x - from.x) * i) / parts;
    const y = from.y + ((to.y - from.y) * i) / parts;
    for (let row = 0; row < SIDE; row++)
      for (let column = 0; column < SIDE; column++) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const ink = Math.min(1, Math.max(0, TIP + 0.5 - distance));
        inked[row * SIDE + column] = Math.max(inked[row * SIDE + column]!, ink);
      }
  }
  return inked;
}

/** A drawing as MNIST would have it: no larger than its box, and with its centre of mass in the middle. */
export function likeMnist(image: Float32Array): Float32Array {
  const inked = [...image.keys()].filter((i) => image[i]! > 0);
  if (inked.length === 0) return image;
  const [rows, columns] = [inked.map((i) => Math.floor(i / SIDE)), inked.map((i) => i % SIDE)];
  const extent = (places: readonly number[]): number => Math.max(...places) - Math.min(...places) + 1;
  const scale = Math.min(1, BOX / Math.max(extent(rows), extent(columns)));
  const mass = inked.reduce((sum, i) => sum + image[i]!, 0);
  const middle = (places: readonly number[]): number =>
    inked.reduce((sum, i, n) => sum + image[i]! * (places[n]! + 0.5), 0) / mass;
  const [y, x] = [middle(rows), middle(columns)];
  const moved = blank();
  for (let row = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++)
      moved[row * SIDE + column] = valueAt(
        image,
        y + (row + 0.5 - SIDE / 2) / scale - 0.5,
        x + (column + 0.5 - SIDE / 2) / scale - 0.5,
      );
  return moved;
}

/** Between pixels, of the four around; beyond the image there is paper. */
function valueAt(image: Float32Array, row: number, column: number): number {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [down, right] = [row - top, column - left];
  const pixel = (r: number, c: number): number =>
    r < 0 || c < 0 || r >= SIDE || c >= SIDE ? 0 : image[r * SIDE + c]!;
  return (
    (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
    down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1))
  );
}
