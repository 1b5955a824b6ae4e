import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ROOT } from '../cli/dendrite.ts';
import { PAGES } from './command-lines.ts';

/** Links between the pages lead somewhere: to a file that there is, and in a page to a heading that there is. */

/** The texts of a page without its blocks of code. */
const proseOf = (text: string): string => text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/^ {4}.*$/gm, '');

/** The names by which headings are linked to, as GitHub makes them. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(readFileSync(join(ROOT, page), 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** What is wrong with the links of a page, in sentences. */
const brokenLinks = (page: string, text: string): string[] =>
  [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
    if (/^https?:/.test(link!)) return [];
    const [path, anchor] = link!.split('#') as [string, string?];
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return [`${page}: there is no ${target}`];
    const isThere = anchor === undefined || anchorsOf(target).includes(anchor);
    return isThere ? [] : [`${page}: ${target} has no heading #${anchor}`];
  });

test('every link leads to a file, or to a heading of a page', () => {
  assert.ok(PAGES.length > 20);
  assert.equal(
    PAGES.flatMap((page) => brokenLinks(page, readFileSync(join(ROOT, page), 'utf8'))),
    [],
  );
});

test('a link that leads nowhere is found', () => {
  const text = '[a](docs/nothing.md) [b](docs/results.md#tasks) [c](docs/results.md#nothing) [d](#no)';
  assert.equal(brokenLinks('README.md', text), [
    'README.md: there is no docs/nothing.md',
    'README.md: docs/results.md has no heading #nothing',
    'README.md: README.md has no heading #no',
  ]);
});

test.run();
