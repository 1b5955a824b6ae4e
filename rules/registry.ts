import { closest, UserError } from '../kernels/index.ts';
import { backprop } from './backprop.ts';
import { contrastiveHebbian } from './contrastive-hebbian.ts';
import { directFeedbackAlignment } from './direct-feedback-alignment.ts';
import { drtp } from './drtp.ts';
import { equilibriumPropagation } from './equilibrium-propagation.ts';
import { feedbackAlignment } from './feedback-alignment.ts';
import { indirectFeedbackAlignment } from './indirect-feedback-alignment.ts';
import { kolenPollack } from './kolen-pollack.ts';
import { pepita } from './pepita.ts';
import type { RuleDefinition } from './rule.ts';
import { segregatedDendrite } from './segregated-dendrite.ts';
import { shallow } from './shallow.ts';
import { signSymmetry } from './sign-symmetry.ts';
import { weightMirror } from './weight-mirror.ts';

/** The rules that come with the framework, in the order of `dendrite rules`. */
export const RULES: readonly RuleDefinition[] = [
  backprop,
  feedbackAlignment,
  directFeedbackAlignment,
  indirectFeedbackAlignment,
  signSymmetry,
  kolenPollack,
  weightMirror,
  drtp,
  pepita,
  equilibriumPropagation,
  contrastiveHebbian,
  segregatedDendrite,
  shallow,
];

/**
 * @param extra rules of the user's own, from plug-ins
 * @throws UserError when there is no rule of that name
 */
export function findRule(name: string, extra: readonly RuleDefinition[] = []): RuleDefinition {
  const rules = [...RULES, ...extra];
  const found = rules.find((rule) => rule.name === name);
  if (found) return found;
  const names = rules.map((rule) => rule.name);
  const near = closest(name, names);
  throw new UserError(
    `there is no rule '${name}'${near ? `; did you mean '${near}'?` : ''} (the rules are ${names.join(', ')})`,
  );
}
