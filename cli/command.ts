import type { CommandModule } from 'yargs';

/** A command of yargs whose handler may give the exit code; without one it is 0. */
// biome-ignore lint/suspicious/noExplicitAny: a list of commands holds commands of all arguments
export type Command<Arguments = any> = Omit<CommandModule<object, Arguments>, 'handler'> & {
  handler(args: Arguments): Promise<number> | Promise<void> | void;
};
