import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../cli/run.ts';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What stands on standard error once a run is in its third epoch, or further. */
export const AT_WORK = /in epoch ([3-9]|\d\d|[\d,]{3,}) of/;

/** Runs a program to its end, and gives back what it printed. */
export const execute = (program: string, args: readonly string[], cwd = ROOT): Promise<CommandResult> =>
  new Promise((done, failed) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const result: CommandResult = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr += text;
    });
    child.on('error', failed);
    child.on('close', (code) => done({ ...result, code }));
  });

/** Runs `dendrite` from the source, in a process of its own. */
export const dendrite = (...args: string[]): Promise<CommandResult> =>
  execute(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args]);

/** Runs `dendrite` without a process of its own, which would take a second each. */
export async function inThisProcess(args: readonly string[]): Promise<CommandResult> {
  const result: CommandResult = { code: null, stdout: '', stderr: '' };
  const streams = ['stdout', 'stderr'] as const;
  const writers = streams.map((name) => process[name].write);
  for (const name of streams)
    process[name].write = (text: string | Uint8Array) => {
      result[name] += text;
      return true;
    };
  try {
    result.code = await run(args);
  } finally {
    for (const [i, name] of streams.entries()) process[name].write = writers[i]!;
  }
  return result;
}
