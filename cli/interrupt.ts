import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What a user's Ctrl-C (or `kill`) does while runs are going on. */
export interface Interrupt {
  /** Aborted by the first signal; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** The exit code that a shell expects after the signal that came; null if none has. */
  exitCode(): number | null;
  /** Gives the signals their usual meaning back. */
  release(): void;
}

/** @param stopping called at the first signal, with the exit code that it stands for */
export function onInterrupt(stopping: (exitCode: number) => void): Interrupt {
  const controller = new AbortController();
  let code: number | null = null;
  const interrupt = (signal: (typeof SIGNALS)[number]): void => {
    const again = code !== null;
    code = 128 + constants.signals[signal];
    if (again) process.exit(code);
    stopping(code);
    controller.abort(new Error(`stopped by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}
