import type { ObservedMinibatch } from './observed-minibatch.ts';
import type { Reading, Reason } from './reading.ts';

/** Something that is measured after each epoch, and has no influence on training. */
export interface Diagnostic {
  /** As on the command line, in lower case with hyphens. */
  readonly name: string;
  /** One sentence: what it is, for what, in which unit. */
  readonly description: string;
  /**
   * Called once, while the minibatch is traced: kernels that it calls run each time that the minibatch is shown.
   * @returns readings by the name of a connection, a population or a feedback pathway, or why there are none
   */
  measure(observed: ObservedMinibatch): Readonly<Record<string, Reading | Reason>> | Reason;
}

/** Whether a value exported by a plug-in is meant as a diagnostic. */
export const isDiagnostic = (value: unknown): value is Diagnostic =>
  typeof value === 'object' && value !== null && 'measure' in value && 'description' in value;
