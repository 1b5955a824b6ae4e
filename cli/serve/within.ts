import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { UserError } from '../../kernels/index.ts';

/**
 * Where a path really leads, if that is within a folder: links and `..` are followed first.
 * @param root the real path of the folder
 * @throws UserError if it leads out of it; the file system's error if there is nothing
 */
export function realPathWithin(root: string, path: string): string {
  const real = realpathSync(path);
  if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep))
    throw new UserError(`${path} leads out of the folder that is served, and is not read`);
  return real;
}
