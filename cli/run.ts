import { constants } from 'node:os';
import yargs, { type Argv } from 'yargs';
import { closest, UserError } from '../kernels/index.ts';
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
  return yargs([...args])
    .scriptName('dendrite')
    .usage('$0 <command>\n\nCompares biologically motivated learning rules.')
    .command(COMMANDS)
    .demandCommand(1, "give a command, for instance 'dendrite compare'; 'dendrite --help' lists them")
    .recommendCommands()
    .strict()
    .completion('completion', 'Print a script for shell completion (add it to ~/.bashrc or ~/.zshrc)')
    .alias({ help: 'h', version: 'v' })
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error, parser) => {
      if (error) throw error;
      throw new UsageError(explain(message, parser));
    });
}

/** yargs's message in one line, with a guess at what was meant. */
function explain(message: string, parser: Argv): string {
  const unknown = /^Unknown (?:arguments?|command): ([^,]+)/.exec(message)?.[1];
  const options = Object.keys((parser as unknown as { getOptions(): { key: object } }).getOptions().key);
  const near =
    unknown &&
    closest(
      unknown,
      options.filter((name) => name.length > 1),
    );
  const text = message.split('\n').filter(Boolean).join('; ');
  return `${text}${near ? `; did you mean --${near}?` : ''}`;
}

/** The exit code of a process that was ended by a signal, as shells give it. */
export const signalExitCode = (signal: 'SIGINT' | 'SIGTERM'): number => 128 + constants.signals[signal];
