import yargs, { type Argv } from 'yargs';
import { closest, UserError } from '../kernels/index.ts';
import { ownPackage } from '../results/index.ts';
import { COMMANDS } from './commands/index.ts';

/** What is wrong with the command line itself, as opposed to what it asks for. */
class UsageError extends Error {}

/**
 * Runs one command line.
 * @returns the exit code: 0, 1 for what cannot be done, 2 for a command line that makes no sense
 */
export async function run(args: readonly string[]): Promise<number> {
  const parser = makeParser(args);
  try {
    await parser.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof UserError || error instanceof UsageError) {
      process.stderr.write(`dendrite: ${error.message}\n`);
      return error instanceof UserError ? 1 : 2;
    }
    throw error;
  }
}

function makeParser(args: readonly string[]): Argv {
  const parser = yargs([...args])
    .scriptName('dendrite')
    .usage('$0 <command>\n\nCompares biologically motivated learning rules.')
    .command(COMMANDS)
    .demandCommand(1, "give a command, for instance 'dendrite compare'; 'dendrite --help' lists them")
    .recommendCommands()
    .strict()
    .version(ownPackage().version) // yargs would look for the package of the user
    .completion('completion', 'Print a script for shell completion (add it to ~/.bashrc or ~/.zshrc)')
    .alias({ help: 'h', version: 'v' })
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .check((given) => refuseRepeats(given, optionsOf(parser).array))
    .fail((message, error) => {
      throw error ?? new UsageError(explain(message, Object.keys(optionsOf(parser).key)));
    });
  return parser;
}

/** What yargs knows of the options of the command at hand; its types do not show the method. */
const optionsOf = (parser: Argv): { key: object; array: string[] } =>
  (parser as unknown as { getOptions(): { key: object; array: string[] } }).getOptions();

/** yargs would make a list of an option that is given twice. */
function refuseRepeats(given: Record<string, unknown>, lists: readonly string[]): true {
  const repeated = Object.keys(given).find(
    (name) => name !== '_' && Array.isArray(given[name]) && !lists.includes(name),
  );
  if (repeated !== undefined) throw new UsageError(`--${repeated} is given more than once; give it once`);
  return true;
}

/** yargs's messages, in one sentence that says what to do. */
function explain(message: string, options: readonly string[]): string {
  const choice = /Argument: (\S+), Given: "(.*)", Choices: (.*)/.exec(message);
  if (choice) return `--${choice[1]} '${choice[2]}' must be one of ${choice[3]!.replaceAll('"', '')}`;
  const command = /^Did you mean (.*)\?$/.exec(message);
  if (command) return `there is no such command; did you mean '${command[1]}'?`;
  if (message.startsWith('Not enough non-option arguments'))
    return `an argument is missing; 'dendrite --help' shows what each command takes`;
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (!unknown) return message.replaceAll(/\s*\n\s*/g, '; ');
  const near = closest(
    unknown,
    options.filter((name) => name.length > 1),
  );
  return `there is no option or argument '${unknown}'${near ? `; did you mean --${near}?` : "; 'dendrite --help' lists them"}`;
}
