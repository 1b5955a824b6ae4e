import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

export const provenanceSchema = z.object({
  /** Version of Dendrite. */
  dendrite: z.string(),
  /** Commit of Dendrite's own checkout, and whether its tracked files differ from it; null outside a checkout. */
  git: z.object({ commit: z.string(), dirty: z.boolean() }).nullable(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  /** Cores that the process may use. */
  cores: z.int().positive(),
  /** ISO 8601, UTC. */
  date: z.string(),
});

/** Where a run came from: which code, on which machine. The machine's name is not recorded. */
export type Provenance = z.infer<typeof provenanceSchema>;

export function collectProvenance(): Provenance {
  const { root, version } = ownPackage();
  return {
    dendrite: version,
    git: gitState(root),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    date: new Date().toISOString(),
  };
}

/** Folder and version of Dendrite. The package resolves its own name, wherever this file lies in it: in the source or one level deeper in dist/. */
export function ownPackage(): { root: string; version: string } {
  const require = createRequire(import.meta.url);
  const { version } = require('dendrite/package.json') as { version: string };
  return { root: dirname(require.resolve('dendrite/package.json')), version };
}

/** What `dendrite reproduce --record` writes: no run depends on it, and a run after it can be made again from the commit all the same. */
const NO_CODE = [':(exclude)results/tables', ':(exclude)README.md'];

/** Only a repository of its own counts: an installed package must not report the commit of the user's project. */
export function gitState(root: string): Provenance['git'] {
  if (!existsSync(join(root, '.git'))) return null;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    return {
      commit: git('rev-parse', '--verify', 'HEAD').trim(),
      dirty: git('status', '--porcelain', '--untracked-files=no', '--', '.', ...NO_CODE) !== '',
    };
  } catch {
    return null; // git is not installed, or there is no commit yet
  }
}
