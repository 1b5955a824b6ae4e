import type { Dataset } from '../../data/browser.ts';
import { UserError } from '../../kernels/index.ts';
import type { RuleDefinition } from '../../rules/index.ts';
import type { Settings } from '../settings.ts';

/** @throws UserError when the first layer is not as wide as an image */
export function checkInputs(layers: readonly number[], dataset: Dataset): void {
  if (layers[0] !== dataset.width)
    throw new UserError(
      `layers: the first size is ${layers[0]}, but an image of '${dataset.name}' has ${dataset.width} pixels`,
    );
}

/** @throws UserError when there are no classes, or the last layer has not one neuron for each */
export function checkClasses(layers: readonly number[], dataset: Dataset): void {
  if (dataset.train.labels === null)
    throw new UserError(
      `the dataset '${dataset.name}' has no labels to classify by: choose another one, or --task reconstruct`,
    );
  if (layers.at(-1) !== dataset.classes)
    throw new UserError(
      `layers: the last size is ${layers.at(-1)}, but '${dataset.name}' has ${dataset.classes} classes`,
    );
}

/**
 * For tasks whose outputs are pixels.
 * @throws UserError when the loss or the rule is for classes
 */
export function checkPixelOutputs(task: string, loss: Settings['loss'], rule: RuleDefinition): void {
  if (loss !== 'squared-error')
    throw new UserError(
      `loss: pixels are no classes, so --task ${task} needs the loss squared-error, not ${loss}`,
    );
  if (rule.needsClasses)
    throw new UserError(
      `the rule '${rule.name}' learns classes only, so it cannot be trained with --task ${task}: leave it out`,
    );
}
