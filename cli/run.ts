import yargs, { type Argv, type CommandModule } from 'yargs';
import { closest, UserError } from '../kernels/index.ts';
import { ownPackage } from '../results/index.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { outputWidth, reserveStdout } from './output.ts';

/** What is wrong with the command line itself, as opposed to what it asks for. */
class UsageError extends Error {}

/**
 * Runs one command line.
 * @returns the exit code: 0, 1 for what cannot be done, 2 for a command line that makes no sense
 */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  const commands = COMMANDS.map((command) =>
    withHandler(command, async (given) => {
      code = (await reserveStdout(async () => command.handler(given))) ?? 0;
    }),
  );
  try {
    await makeParser(args.map(withMeaning), commands).parseAsync();
    return code;
  } catch (thrown) {
    const error = isOfYargs(thrown) ? new UsageError(explain(thrown.message, [])) : thrown;
    if (error instanceof UserError || error instanceof UsageError) {
      process.stderr.write(`dendrite: ${error.message}\n`);
      return error instanceof UserError ? 1 : 2;
    }
    throw error;
  }
}

const withHandler = (command: Command, handler: CommandModule['handler']): CommandModule =>
  ({ ...command, handler }) as CommandModule;

/** Options that can be negated, and what that means. */
const NEGATIONS: Readonly<Record<string, string>> = {
  '--no-diagnostics': '--diagnostics=none',
  '--no-blas': '--blas=none',
  '--no-json': '--json=false',
  '--no-check': '--check=false',
};

const withMeaning = (argument: string): string => NEGATIONS[argument] ?? argument;

/** Options that are on or off, and where that goes what somebody might write behind them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  baselines: 'names of baselines go in an experiment file',
};

function makeParser(args: readonly string[], commands: readonly CommandModule[]): Argv {
  const parser = yargs([...args])
    // Negation is ours; a dot belongs to the name of what is given.
    .parserConfiguration({ 'boolean-negation': false, 'dot-notation': false })
    .scriptName('dendrite')
    .usage('$0 <command>\n\nCompares biologically motivated learning rules.')
    .command(commands as CommandModule[])
    .demandCommand(1, "give a command, for instance 'dendrite compare'; 'dendrite --help' lists them")
    .recommendCommands()
    .strict()
    .version(ownPackage().version) // yargs would look for the package of the user
    .completion('completion', 'Print a script for shell completion (add it to ~/.bashrc or ~/.zshrc)')
    .alias({ help: 'h', version: 'v' })
    .wrap(Math.min(110, outputWidth()))
    .exitProcess(false)
    .check((given) => refuseRepeats(given, optionsOf(parser).array))
    .check(() => refuseValues(args, optionsOf(parser).boolean))
    .fail((message, error) => {
      throw error ?? new UsageError(explain(message, Object.keys(optionsOf(parser).key)));
    });
  return parser;
}

/** What yargs knows of the options of the command at hand; its types do not show the method. */
const optionsOf = (parser: Argv): KnownOptions =>
  (parser as unknown as { getOptions(): KnownOptions }).getOptions();

interface KnownOptions {
  readonly key: object;
  readonly array: readonly string[];
  readonly boolean: readonly string[];
}

/** yargs would make a list of an option that is given twice. */
function refuseRepeats(given: Record<string, unknown>, lists: readonly string[]): true {
  const repeated = Object.keys(given).find(
    (name) => name !== '_' && Array.isArray(given[name]) && !lists.includes(name),
  );
  if (repeated !== undefined) throw new UsageError(`--${repeated} is given more than once; give it once`);
  return true;
}

/** yargs would take anything but 'true' behind `--name=` for false. */
function refuseValues(args: readonly string[], switches: readonly string[]): true {
  for (const argument of args) {
    if (argument === '--') break;
    const [, written = '', value] = /^--([^=]+)=(.*)$/s.exec(argument) ?? [];
    // yargs knows dry-run as dryRun, too.
    const name = written.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!switches.includes(name) || value === 'true' || value === 'false') continue;
    throw new UsageError(
      `--${written} '${value}' must be true or false; ${ELSEWHERE[name] ?? `write --${written}, or leave it out`}`,
    );
  }
  return true;
}

/** Most of what yargs finds wrong it hands to `fail`, but not all. */
const isOfYargs = (error: unknown): error is Error => error instanceof Error && error.name === 'YError';

/** yargs's messages, in one sentence that says what to do. */
function explain(message: string, options: readonly string[]): string {
  const choice = /Argument: (\S+), Given: "(.*)", Choices: (.*)/.exec(message);
  if (choice) return `--${choice[1]} '${choice[2]}' must be one of ${choice[3]!.replaceAll('"', '')}`;
  const command = /^Did you mean (.*)\?$/.exec(message);
  if (command) return `there is no such command; did you mean '${command[1]}'?`;
  if (message.startsWith('Not enough non-option arguments'))
    return `an argument is missing; 'dendrite --help' shows what each command takes`;
  const incomplete = /^Not enough arguments following: (.*)/.exec(message);
  if (incomplete) return `--${incomplete[1]} needs a value after it`;
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (!unknown) return message.replaceAll(/\s*\n\s*/g, '; ');
  const negated = /^no-(.*)/.exec(unknown)?.[1];
  if (negated && options.includes(negated))
    return `--${unknown} means nothing; leave --${negated} out, or give it a value`;
  const near = closest(
    unknown,
    options.filter((name) => name.length > 1),
  );
  return `there is no option or argument '${unknown}'${near ? `; did you mean --${near}?` : "; 'dendrite --help' lists them"}`;
}
