import type { Probe } from './probe.ts';

/** Gives a value as it is after the probe was shown; one that is not finite means that it is not defined there. */
export type Reading = () => Promise<number>;

/** Why something cannot be measured, in words that follow "is not measured:". */
export type Reason = string;

/** Something that is measured after each epoch, and has no influence on training. */
export interface Diagnostic {
  /** As on the command line, in lower case with hyphens. */
  readonly name: string;
  /** One sentence: what it is, for what, in which unit. */
  readonly describe: string;
  /**
   * Called once, while the probe is recorded: kernels that it calls run each time that the probe is shown.
   * @returns readings by the name of a connection, a population or a feedback pathway, or why there are none
   */
  measure(probe: Probe): Readonly<Record<string, Reading | Reason>> | Reason;
}
