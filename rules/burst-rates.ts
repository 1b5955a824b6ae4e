import { type Kernels, type Tensor, UserError } from '../kernels/index.ts';
import { hasSigmoidRates, type NetworkSettings } from '../networks/index.ts';
import type { OptimizerOptions } from './optimizer.ts';

/**
 * Burst rates of taught output neurons, p_t e with p_t = p_0 ((t - e)(1 - e) + 1), batch x outputs: below or above those without a
 * teacher, p_0 e, by p_0 times the derivative of the squared error by the potential, since sigmoid rates have the slope e (1 - e).
 * @param rate event rates e, from 0 to 1
 * @param baseline burst probability p_0 without a teacher; p_t stays below 1 for 0.5 or less
 */
export const taughtOutputBursts = (k: Kernels, rate: Tensor, target: Tensor, baseline: number): Tensor =>
  k.map((e, t, p0) => p0 * ((t - e) * (1 - e) + 1) * e, rate, target, baseline);

/**
 * Relative rate of synapses onto the apical dendrites of a hidden layer under which an optimizer teaches them at `rate`: it
 * multiplies it by the learning rate of the forward connection that leaves the layer.
 * @param l number of the layer, from 1
 */
export const ratioOfRates = (rate: number, { learningRate }: OptimizerOptions, l: number): number =>
  rate / (learningRate[l] ?? learningRate[0]!);

/**
 * Whether event rates are those that the equations of bursts hold for.
 * @throws UserError when the settings ask for neurons without sigmoid rates
 */
export function checkEventRates(rule: string, settings: NetworkSettings): void {
  if (!hasSigmoidRates(settings))
    throw new UserError(
      `neurons that burst, which the rule '${rule}' trains, have sigmoid event rates: leave out the settings activation, loss and outputActivation`,
    );
}
