import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';

/** Pixels of one side of square images of so many. @throws UserError when they are not square */
export function sideOf(inputs: number, rule: string): number {
  const side = Math.sqrt(inputs);
  if (!Number.isInteger(side))
    throw new UserError(
      `the option 'shift' of the rule '${rule}' moves square images, but ${inputs} inputs make no square: set it to 0`,
    );
  return side;
}

/** Images as they look after a small movement of the eye, the same for all of a minibatch. */
export class EyeMovement {
  readonly #kernels: Kernels;
  readonly #side: number;
  readonly #shift: number;
  /** 0, 1, 2, ...: 1 x inputs. */
  readonly #pixels: Tensor;

  /**
   * @param inputs pixels of a square image
   * @param shift the most by which images move, in pixels and in each direction
   */
  constructor(kernels: Kernels, inputs: number, shift: number) {
    this.#kernels = kernels;
    this.#side = Math.sqrt(inputs);
    this.#shift = shift;
    this.#pixels = kernels.state(
      'numbers of pixels',
      1,
      inputs,
      Float32Array.from({ length: inputs }, (_, i) => i),
    );
  }

  /** @param input batch x inputs @returns the same, moved; what moves out of sight is lost, what comes into sight is dark */
  move(input: Tensor): Tensor {
    if (this.#shift === 0) return input;
    const k = this.#kernels;
    const [across, down] = [this.#draw('across'), this.#draw('down')];
    const moving = k.map(
      (to, from, across, down, side) => {
        const row = Math.floor(to / side);
        const fromRow = Math.floor(from / side);
        return row - fromRow === down && to - row * side - (from - fromRow * side) === across ? 1 : 0;
      },
      this.#pixels,
      k.transpose(this.#pixels),
      across,
      down,
      this.#side,
    );
    return k.matmul(input, moving, { sparse: true });
  }

  /** A whole number from -shift to shift, 1 x 1. */
  #draw(direction: string): Tensor {
    const k = this.#kernels;
    return k.map(
      (u) => Math.floor(u),
      k.uniform(`eye movement ${direction}`, 1, 1, -this.#shift, this.#shift + 1),
    );
  }
}

/** For each row of a minibatch another one, all in a random cycle; in its place where there is one alone. */
export function otherRows(k: Kernels, rows: Tensor): Tensor {
  const batch = rows.rows;
  const drawn = k.uniform('order of the minibatch', 1, batch, 0, 1);
  const places = k.sum(
    k.map((mine, other) => (other < mine ? 1 : 0), k.transpose(drawn), drawn),
    { over: 'columns' },
  );
  const follows = k.map(
    (mine, other, last) => (other === mine + 1 || (mine === last && other === 0) ? 1 : 0),
    places,
    k.transpose(places),
    batch - 1,
  );
  return k.matmul(follows, rows);
}
