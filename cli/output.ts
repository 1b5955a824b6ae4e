import pc from 'picocolors';

/**
 * Standard output belongs to what a command has to say. While one runs, whatever else prints there (a plug-in, also one
 * in a worker thread, whose output arrives through this thread) goes to standard error.
 */
let reserved: typeof process.stdout.write | null = null;

/** Prints what the command was asked for. */
export const print = (text: string): void => {
  (reserved ?? process.stdout.write).call(process.stdout, text);
};

/** Runs a command with standard output for `print` alone. */
export async function reserveStdout<T>(command: () => Promise<T>): Promise<T> {
  const { write } = process.stdout;
  reserved = write;
  process.stdout.write = ((...args: Parameters<typeof write>) =>
    process.stderr.write(...args)) as typeof write;
  try {
    return await command();
  } finally {
    process.stdout.write = write;
    reserved = null;
  }
}

/** Waits until all that was printed has left this process, which may then end. */
export async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((done) => stream.write('', () => done()));
}

/** As a shell reports a program that SIGPIPE ended. */
const CLOSED_PIPE = 141;

/**
 * A reader that is gone (`| head -1`) ends the process without a word, as it ends any Unix tool; one of standard error only
 * ends the progress lines.
 */
export function surviveClosedPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(CLOSED_PIPE);
    process.stderr.write(`dendrite: standard output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => {});
}

/** Columns to print within. A terminal that says 0 does not know its width. */
export const outputWidth = (): number => process.stdout.columns || (process.stdout.isTTY ? 80 : 100);

/** Only for a person at a terminal: what is read by a program or kept in a file stays plain. */
export const useColour = (): boolean => pc.isColorSupported && process.stdout.isTTY === true;
