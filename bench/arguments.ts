import yargs, { type InferredOptionTypes, type Options } from 'yargs';
import { UserError } from '../kernels/index.ts';

/**
 * Reads the command line of a benchmark.
 * @throws UserError for an option that there is not, or that is given twice
 */
export function parseArguments<T extends Record<string, Options>>(
  script: string,
  about: string,
  options: T,
  args: readonly string[],
): InferredOptionTypes<T> {
  const parsed = yargs([...args])
    .scriptName(script)
    .usage(`$0 [options]\n\n${about}`)
    .options(options)
    .strict()
    .version(false)
    .wrap(100)
    .fail((message, error) => {
      throw (
        error ??
        new UserError(`${message.replaceAll(/\s*\n\s*/g, '; ')}; '${script} --help' lists the options`)
      );
    })
    .parseSync();
  const repeated = Object.keys(options).find((name) => Array.isArray(parsed[name]));
  if (repeated !== undefined) throw new UserError(`--${repeated} is given more than once; give it once`);
  return parsed as unknown as InferredOptionTypes<T>;
}

/** The option of benchmarks that measure fused multiply-add. */
export const NODE_OPTION = {
  type: 'string',
  describe: 'Another Node for fused multiply-add, where this one lacks relaxed SIMD: path of its executable',
} as const;

/** @throws UserError */
export function above0(option: string, value: number, whole = false): number {
  if (!(value > 0) || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    throw new UserError(`--${option} must be a ${whole ? 'whole ' : ''}number above 0`);
  return value;
}

/** @throws UserError */
export const wholeNumbers = (option: string, text: string): number[] =>
  text.split(',').map((part) => above0(option, Number(part), true));

/** Runs a benchmark, and ends with one sentence when the user can do something about it. */
export async function runBench(script: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${script}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
