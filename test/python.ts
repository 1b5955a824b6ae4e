import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { execute, ROOT } from './cli/dendrite.ts';

/** What Python reads of our files: it has readers that are not ours. */

/** Debian's comes with its packages; another Python may stand before it in the path. */
const INTERPRETERS = ['python3', '/usr/bin/python3'];

/** A Python that has the given modules, or null. */
export const pythonWith = (...modules: readonly string[]): string | null =>
  INTERPRETERS.find(
    (program) => spawnSync(program, ['-c', `import json, ${modules.join(', ')}`]).status === 0,
  ) ?? null;

/** Runs a program of the tests, and gives back the JSON that it prints. @throws Error with what it says instead */
export async function readWithPython<T>(
  python: string,
  program: string,
  ...args: readonly string[]
): Promise<T> {
  const { code, stdout, stderr } = await execute(python, [join(ROOT, 'test', program), ...args]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
}
