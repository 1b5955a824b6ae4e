import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../kernels/index.ts';

/** A file of the page, as it is answered. */
export interface WebFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const PAGE = 'dashboard.html';

/** dist/web, from the source or from dist/. */
const BUILT = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/web/' : '../../web/', import.meta.url),
);

/**
 * The files of the built page, by the paths of their addresses. All are read before the first request: no address leads to a file that is
 * not in this list.
 * @throws UserError when the page is not built
 */
export function webFiles(built = BUILT): ReadonlyMap<string, WebFile> {
  if (!existsSync(join(built, PAGE)))
    throw new UserError(
      `the page of the dashboard is not built (there is no ${join(built, PAGE)}); in a checkout, 'npm run build:web' builds it`,
    );
  const files = readdirSync(join(built, 'assets'))
    .filter((name) => extname(name) in TYPES)
    .map((name) => [`/assets/${name}`, fileOf(join(built, 'assets', name))] as const);
  const page = fileOf(join(built, PAGE));
  return new Map([['/', page], [`/${PAGE}`, page], ...files]);
}

const fileOf = (path: string): WebFile => ({ type: TYPES[extname(path)]!, bytes: readFileSync(path) });
