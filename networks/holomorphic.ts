import { type JsScalarFunction, type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import type { ActivationName } from './activation.ts';
import type { EnergyNetwork, SettlingState } from './energy.ts';

/** Complex rates of a population, batch x size. */
export interface ComplexRate {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}

/** A complex nudge of outputs towards a target, batch x outputs. */
export interface ComplexNudge {
  readonly target: Tensor;
  readonly real: number;
  readonly imaginary: number;
}

/**
 * The prototypical dynamics of a network under a nudge beta that is complex (Laborieux & Zenke 2022, section 3): the same steps
 * s <- s + epsilon (rho(W s) + 2 beta (t - y) - s) with complex states and a rho that is holomorphic.
 * @param start where the network has settled without a nudge
 * @param drive of the input
 * @returns rates of each population that settles, lowest first
 */
export function settleHolomorphic(
  k: Kernels,
  network: EnergyNetwork,
  start: SettlingState,
  drive: Tensor,
  nudge: ComplexNudge,
  { iterations, epsilon }: { readonly iterations: number; readonly epsilon: number },
): ComplexRate[] {
  let state: ComplexRate[] = start.map(({ rate }) => ({
    real: rate,
    imaginary: k.constant(0, rate.rows, rate.columns),
  }));
  network.countSteps(iterations);
  for (let i = 0; i < iterations; i++) {
    const before = state;
    state = before.map(({ real, imaginary }, l) => {
      const aim = rateOf(k, network.settlingConnections[l]!.to.activation, {
        real: current(k, network, l, before, 'real', drive),
        imaginary: current(k, network, l, before, 'imaginary', null),
      });
      const isOutput = l === before.length - 1;
      const pull = isOutput ? pullOf(k, before[l]!, nudge) : { real: 0, imaginary: 0 };
      const move = (s: Tensor, aim: Tensor, f: Tensor | number): Tensor =>
        k.map((s, r, f, e) => s + e * (r + f - s), s, aim, f, epsilon);
      return {
        real: move(real, aim.real, pull.real),
        imaginary: move(imaginary, aim.imaginary, pull.imaginary),
      };
    });
  }
  return state;
}

/** One part of all that a population receives. @param drive of the input; null: of the imaginary part, which has no constants */
function current(
  k: Kernels,
  { settlingConnections }: EnergyNetwork,
  l: number,
  state: readonly ComplexRate[],
  part: keyof ComplexRate,
  drive: Tensor | null,
): Tensor {
  const { to, bias } = settlingConnections[l]!;
  const constant = drive && (l === 0 ? drive : bias);
  const zero = k.constant(0, state[l]!.real.rows, to.size);
  const total = constant ? k.map((zero, c) => zero + c, zero, constant) : zero;
  const accumulate = { into: total, accumulate: true };
  if (l > 0) k.matmul(state[l - 1]![part], settlingConnections[l]!.weights, accumulate);
  const above = settlingConnections[l + 1];
  if (above) k.matmul(state[l + 1]![part], above.weights, { ...accumulate, transposeB: true });
  return total;
}

/** 2 beta (t - y) for complex beta and y. */
function pullOf(
  k: Kernels,
  { real, imaginary }: ComplexRate,
  { target, real: b, imaginary: c }: ComplexNudge,
): ComplexRate {
  return {
    real: k.map((t, y, z, b, c) => 2 * (b * (t - y) + c * z), target, real, imaginary, b, c),
    imaginary: k.map((t, y, z, b, c) => 2 * (c * (t - y) - b * z), target, real, imaginary, b, c),
  };
}

/** Activations whose complex continuation is here. */
const HOLOMORPHIC: readonly (ActivationName | 'softmax' | null)[] = ['linear', 'sigmoid', 'tanh'];

/** @throws UserError if an activation is not holomorphic, or its complex form is not here */
export function checkHolomorphic(activations: readonly ActivationName[]): void {
  const other = activations.find((activation) => !HOLOMORPHIC.includes(activation));
  if (other !== undefined)
    throw new UserError(
      `the variant 'holomorphic' needs activations that are holomorphic, linear, sigmoid or tanh, and '${other}' is none; choose another with --activation and --output-activation`,
    );
}

function rateOf(k: Kernels, activation: ActivationName | 'softmax' | null, z: ComplexRate): ComplexRate {
  if (activation === 'linear') return z;
  if (activation === 'sigmoid') return complexSigmoid(k, z);
  // tanh z = 2 sigmoid(2 z) - 1
  const twice = (part: Tensor): Tensor => k.map((x) => 2 * x, part);
  const { real, imaginary } = complexSigmoid(k, { real: twice(z.real), imaginary: twice(z.imaginary) });
  return { real: k.map((x) => 2 * x - 1, real), imaginary: twice(imaginary) };
}

/** 1 / (1 + exp(-a - ib)), with the factor exp(-|a|), which does not overflow, and sigmoid(-z) = 1 - sigmoid(z). */
function complexSigmoid(k: Kernels, { real: a, imaginary: b }: ComplexRate): ComplexRate {
  const small = k.map((a) => Math.exp(-Math.abs(a)), a);
  const [versine, sine] = [k.map(versineOf, b), k.map(sineOf, b)];
  // |1 + e (cos b - i sin b)|^2
  const square = k.map(
    (e, v, s) => (1 + e * (1 - v)) * (1 + e * (1 - v)) + e * s * (e * s),
    small,
    versine,
    sine,
  );
  return {
    real: k.map(
      (a, e, v, n) => (a < 0 ? 1 - (1 + e * (1 - v)) / n : (1 + e * (1 - v)) / n),
      a,
      small,
      versine,
      square,
    ),
    imaginary: k.map((e, s, n) => (e * s) / n, small, sine, square),
  };
}

/** 1 - cos b, by Taylor's series at b / 16 and four doublings, 1 - cos 2x = 2 v (2 - v): kernels have no cosine. */
const versineOf: JsScalarFunction = (b: number) => {
  const q = (b / 16) * (b / 16);
  const v = (q / 2) * (1 - (q / 12) * (1 - (q / 30) * (1 - (q / 56) * (1 - (q / 90) * (1 - q / 132)))));
  const v2 = 2 * v * (2 - v);
  const v4 = 2 * v2 * (2 - v2);
  const v8 = 2 * v4 * (2 - v4);
  return 2 * v8 * (2 - v8);
};

/** sin b in the same way, sin 2x = 2 sin x (1 - v). */
const sineOf: JsScalarFunction = (b: number) => {
  const x = b / 16;
  const q = x * x;
  const v = (q / 2) * (1 - (q / 12) * (1 - (q / 30) * (1 - (q / 56) * (1 - (q / 90) * (1 - q / 132)))));
  const s = x * (1 - (q / 6) * (1 - (q / 20) * (1 - (q / 42) * (1 - (q / 72) * (1 - q / 110)))));
  const v2 = 2 * v * (2 - v);
  const v4 = 2 * v2 * (2 - v2);
  const v8 = 2 * v4 * (2 - v4);
  return 16 * s * (1 - v) * (1 - v2) * (1 - v4) * (1 - v8);
};
