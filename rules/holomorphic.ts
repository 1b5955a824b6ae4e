import type { Kernels, Tensor } from '../kernels/index.ts';
import { type ComplexRate, type EnergyNetwork, settleHolomorphic } from '../networks/index.ts';
import type { Direction } from './direction.ts';
import type { FreePhase } from './free-phase.ts';

/** How the nudge goes around zero. */
export interface Circle {
  /** |beta| */
  readonly beta: number;
  /** N, nudges at equal angles. */
  readonly points: number;
  /** Steps of each nudged phase, and their size. */
  readonly iterations: number;
  readonly epsilon: number;
}

/** A state in which the network settled under one nudge of the circle. */
interface PointOfCircle {
  readonly rates: readonly ComplexRate[];
  /** Times how often it is there, exp(-i theta): what its products are multiplied by. */
  readonly factor: { readonly real: number; readonly imaginary: number };
}

/**
 * Laborieux & Zenke 2022, eq. 8: with nudges beta_t = |beta| exp(i theta_t) around a circle, theta_t = 2 pi t / N,
 *
 *   dJ/dW ~ 1 / (N |beta|) sum_t exp(-i theta_t) dF/dW(s^beta_t),    dF/dW_ij = -s_i s_j
 *
 * is the gradient but for terms of the order |beta|^N. Nudges that are conjugate give conjugate states, so that half of the circle
 * is enough.
 * @returns for every connection of the energy, averaged over the batch
 */
export function circleDirections(
  k: Kernels,
  network: EnergyNetwork,
  { input, drive, state }: FreePhase,
  target: Tensor,
  { beta, points, ...steps }: Circle,
): Direction[] {
  const scale = -1 / (points * beta * input.rows);
  const settled = halfCircle(points).map(({ angle, count }): PointOfCircle => {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    const nudge = { target, real: beta * cosine, imaginary: beta * sine };
    return {
      rates: settleHolomorphic(k, network, state, drive, nudge, steps),
      factor: { real: count * cosine, imaginary: -count * sine },
    };
  });
  return network.settlingConnections.map((connection, l): Direction => {
    const weights = k.constant(0, connection.from.size, connection.to.size);
    const bias = k.constant(0, 1, connection.to.size);
    const add = (pre: Tensor, post: Tensor, scale: number): Tensor =>
      k.matmul(pre, post, { transposeA: true, scale, into: weights, accumulate: true });
    for (const { rates, factor } of settled) {
      const post = times(k, rates[l]!, factor);
      const pre = l === 0 ? null : rates[l - 1]!;
      // The real part of a product.
      add(pre?.real ?? input, post.real, scale);
      if (pre) add(pre.imaginary, post.imaginary, -scale);
      k.sum(post.real, { over: 'rows', scale, into: bias, accumulate: true });
    }
    return { connection, products: [], estimate: { weights, bias } };
  });
}

/** Angles from 0 to pi, and how many points of the circle each stands for: itself and its conjugate. */
const halfCircle = (points: number): { angle: number; count: number }[] =>
  Array.from({ length: Math.floor(points / 2) + 1 }, (_, t) => ({
    angle: (2 * Math.PI * t) / points,
    count: t === 0 || 2 * t === points ? 1 : 2,
  }));

function times(k: Kernels, { real, imaginary }: ComplexRate, factor: PointOfCircle['factor']): ComplexRate {
  const { real: c, imaginary: d } = factor;
  return {
    real: k.map((a, b, c, d) => c * a - d * b, real, imaginary, c, d),
    imaginary: k.map((a, b, c, d) => c * b + d * a, real, imaginary, c, d),
  };
}
