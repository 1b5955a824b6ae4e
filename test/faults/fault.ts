/** A mistake that somebody could make, as a change of a source file's syntax, and the test files that have to notice it. */
export interface Fault {
  /** The rule that it breaks, or what several share. */
  readonly rule: string;
  readonly what: string;
  /** Relative to the repository. */
  readonly file: string;
  /** A pattern that one place of the file fits: see syntax/replace.ts. */
  readonly find: string;
  readonly replace: string;
  /** Only in the function, method, property or variable of this name; left out: anywhere in the file. */
  readonly within?: string | undefined;
  /** Names in test/rules/ without `.test.ts`, or paths from the repository; the quickest to notice it first. */
  readonly tests: readonly string[];
}

/** What is wrong, the pattern that is right, what to put in its place, and where alone. */
type Edit = readonly [what: string, find: string, replace: string, within?: string];

/** Faults of one rule, in rules/<rule>.ts. */
export const faultsOf = (
  rule: string,
  tests: readonly string[],
  edits: readonly Edit[],
  file = `rules/${rule}.ts`,
): Fault[] =>
  edits.map(([what, find, replace, within]) => ({ rule, what, file, find, replace, within, tests }));
