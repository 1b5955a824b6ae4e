/** A mistake that somebody could make, as an edit of a source file, and the test files that have to notice it. */
export interface Fault {
  /** The rule that it breaks, or the file that several share. */
  readonly rule: string;
  readonly what: string;
  /** Relative to the repository. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Names in test/rules/ without `.test.ts`, or paths from the repository. */
  readonly tests: readonly string[];
}

/** What is wrong, the text that is right, and the one to put in its place. */
type Edit = readonly [what: string, find: string, replace: string];

/** Faults of one rule, in rules/<rule>.ts. */
export const faultsOf = (
  rule: string,
  tests: readonly string[],
  edits: readonly Edit[],
  file = `rules/${rule}.ts`,
): Fault[] => edits.map(([what, find, replace]) => ({ rule, what, file, find, replace, tests }));
