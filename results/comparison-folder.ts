import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, writingTo } from './files.ts';

/**
 * Makes a folder of its own for a comparison, named by the time: runs/2026-01-31-17-05-09-compare.
 *
 * @throws UserError if it cannot be made
 */
export function makeComparisonFolder(out: string, now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replace(/[T:]/g, '-');
  return writingTo(out, () => {
    mkdirSync(out, { recursive: true });
    for (let i = 1; ; i++) {
      const folder = join(out, `${time}-compare${i === 1 ? '' : `-${i}`}`);
      try {
        mkdirSync(folder);
        return folder;
      } catch (error) {
        // Another comparison began in the same second.
        if (!hasCode(error, 'EEXIST')) throw error;
      }
    }
  });
}
