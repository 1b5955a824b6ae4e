import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { holdsComparison } from '../../results/index.ts';

/** Folders between the one that is served and a comparison, at most. */
const DEEPEST = 6;
/** Of a comparison: the folder of the comparisons that chose its values. */
const TUNING = 'tuning';

/**
 * Folders of comparisons below a folder, as paths from it with `/` between names, `.` for itself; in order of their names. Links are not
 * followed, so that nothing is found twice or elsewhere.
 */
export function findComparisons(root: string): string[] {
  const found: string[] = [];
  const visit = (path: string, depth: number): void => {
    const folder = join(root, path);
    const isComparison = holdsComparison(folder);
    if (isComparison) found.push(path === '' ? '.' : path);
    if (depth === DEEPEST) return;
    for (const name of isComparison ? tuningIn(folder) : foldersIn(folder))
      visit(path === '' ? name : `${path}/${name}`, depth + 1);
  };
  visit('', 0);
  return found;
}

/** The folders of runs, which may be thousands, are not looked through. */
const tuningIn = (folder: string): string[] =>
  lstatSync(join(folder, TUNING), { throwIfNoEntry: false })?.isDirectory() ? [TUNING] : [];

/** Those that are hidden or hold packages are left out; so is what may not be read. */
function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
