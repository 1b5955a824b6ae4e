/** The rules that come with the framework, a line each. Lists show them by family (registry.ts), then by name. */
export { backprop } from './backprop.ts';
export { contrastiveHebbian } from './contrastive-hebbian.ts';
export { differenceTargetPropagation } from './difference-target-propagation.ts';
export { directFeedbackAlignment } from './direct-feedback-alignment.ts';
export { drtp } from './drtp.ts';
export { equilibriumPropagation } from './equilibrium-propagation.ts';
export { feedbackAlignment } from './feedback-alignment.ts';
export { forwardForward } from './forward-forward.ts';
export { indirectFeedbackAlignment } from './indirect-feedback-alignment.ts';
export { kolenPollack } from './kolen-pollack.ts';
export { nodePerturbation } from './node-perturbation.ts';
export { pepita } from './pepita.ts';
export { predictiveCoding } from './predictive-coding.ts';
export { segregatedDendrite } from './segregated-dendrite.ts';
export { shallow } from './shallow.ts';
export { signSymmetry } from './sign-symmetry.ts';
export { weightMirror } from './weight-mirror.ts';
