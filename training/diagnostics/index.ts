import { closest, UserError } from '../../kernels/index.ts';
import { activity } from './activity.ts';
import { angle } from './angle.ts';
import type { Diagnostic } from './diagnostic.ts';
import { energy } from './energy.ts';
import { feedbackAngle } from './feedback-angle.ts';
import { normRatio } from './norm-ratio.ts';
import { saturation } from './saturation.ts';
import { stepGradient } from './step-gradient.ts';
import { weightNorms } from './weight-norms.ts';

export { type Diagnostic, isDiagnostic } from './diagnostic.ts';
export { compareFeedback, type FeedbackComparison } from './feedback-angle.ts';
export { type Measured, type Measurements, prepareMeasurements } from './measurements.ts';
export { ObservedMinibatch, type ObservedRun } from './observed-minibatch.ts';
export type { Reading, Reason } from './reading.ts';

/** The diagnostics that come with the framework, in the order of lists. */
export const DIAGNOSTICS: readonly Diagnostic[] = [
  angle,
  normRatio,
  feedbackAngle,
  weightNorms,
  activity,
  saturation,
  energy,
  stepGradient,
];

/**
 * The diagnostics of these names; ['all'] are all, and ['none'] none.
 * @param extra diagnostics of the user's own, from plug-ins
 * @throws UserError for a name that there is not
 */
export function findDiagnostics(
  names: readonly string[],
  extra: readonly Diagnostic[] = [],
): readonly Diagnostic[] {
  const diagnostics = [...DIAGNOSTICS, ...extra];
  const [first] = names;
  if (names.length === 1 && first === 'all') return diagnostics;
  if (names.length === 1 && first === 'none') return [];
  return names.map((name) => {
    const found = diagnostics.find((diagnostic) => diagnostic.name === name);
    if (found) return found;
    if (name === 'all' || name === 'none')
      throw new UserError(`'${name}' stands for itself alone among the diagnostics; leave out the others`);
    const known = diagnostics.map((diagnostic) => diagnostic.name);
    const near = closest(name, known);
    throw new UserError(
      `there is no diagnostic '${name}'${near ? `; did you mean '${near}'?` : `; there are ${known.join(', ')}, and all or none`}`,
    );
  });
}
