import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { UserError } from '../kernels/index.ts';
import type { collectProvenance } from '../results/index.ts';

/** They make OpenBLAS choose other code than it would for the processor. */
export const CLEARED = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'] as const;

/** The environment of both sides of a comparison. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of CLEARED) delete env[name];
  return env;
}

const LARGEST_OUTPUT = 2 ** 28;

/**
 * What a program prints, run in that environment.
 * @param what it is, for an error message
 * @throws UserError with the line in which it says why, when it fails
 */
export async function outputOf(what: string, file: string, args: readonly string[]): Promise<string> {
  try {
    return (
      await promisify(execFile)(file, [...args], {
        env: cleanEnvironment(),
        maxBuffer: LARGEST_OUTPUT,
      })
    ).stdout;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const lines = (stderr.trim() || message).split('\n');
    const reason = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0]!;
    throw new UserError(`${what} failed: ${reason}`);
  }
}

export type Machine = ReturnType<typeof collectProvenance>;

/** Version and processor in words. */
export function describeMachine({ dendrite, git, node, cpu, cores, platform }: Machine): string[] {
  const commit = git ? ` (${git.commit.slice(0, 7)}${git.dirty ? ' with changes' : ''})` : '';
  return [
    `dendrite ${dendrite}${commit}, node ${node}, ${platform}`,
    `processor: ${cpu}, ${cores} cores`,
    `${CLEARED.join(' and ')} are cleared for both sides`,
  ];
}
