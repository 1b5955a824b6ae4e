import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/dendrite.ts';

/** A call of `dendrite` that stands in a block of code, or in a sentence. */
export interface CommandLine {
  /** Of the checkout. */
  readonly page: string;
  readonly line: number;
  /** What the shell hands to dendrite. */
  readonly args: readonly string[];
  /** Called from the source (`npm run dendrite -- ...`), hence in the checkout. */
  readonly inCheckout: boolean;
}

const pagesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));

/** Pages that tell users what to type. */
export const PAGES: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs', 'docs/rules', 'results/tables'].flatMap(pagesIn),
  ...readdirSync(join(ROOT, 'examples')).map((name) => join('examples', name, 'README.md')),
];

interface Line {
  readonly number: number;
  readonly text: string;
}

/** Languages of fenced blocks that no shell reads. */
const NO_SHELL = ['js', 'ts', 'yaml', 'python', 'json'];

/** The lines of a page in blocks of code, fenced or indented by four spaces, and the others. */
function linesOf(page: string): { code: Line[]; prose: Line[] } {
  const [code, prose]: [Line[], Line[]] = [[], []];
  let fence: string | null = null;
  for (const [i, text] of page.split('\n').entries()) {
    const [, language] = /^\s*```(\w*)/.exec(text) ?? [];
    if (language !== undefined) fence = fence === null ? language : null;
    else if (fence === null) (text.startsWith('    ') ? code : prose).push({ number: i + 1, text });
    else if (!NO_SHELL.includes(fence)) code.push({ number: i + 1, text });
  }
  return { code, prose };
}

/** The words of a line as a shell reads them, up to a comment. */
function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word);
  const comment = words.findIndex((word) => word.startsWith('#'));
  return words
    .slice(0, comment < 0 ? undefined : comment)
    .map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
}

const OPERATORS = ['&&', '||', '|', ';'];

/** The commands of a line, each as its words; where the output goes is left out. */
function callsOf(text: string): string[][] {
  const calls: string[][] = [[]];
  for (const word of wordsOf(text)) {
    if (OPERATORS.includes(word)) calls.push([]);
    else calls.at(-1)!.push(word);
  }
  return calls.map((words) => words.filter((word, i) => word !== '>' && words[i - 1] !== '>'));
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** What a call hands to dendrite, whatever stands before it (`npx`, variables, another program); null: it calls something else. */
function argsOf(words: readonly string[]): Pick<CommandLine, 'args' | 'inCheckout'> | null {
  // `node dist/cli/main.js ...`
  if (words.join(' ') === 'npm start') return { args: scripts.start.split(' ').slice(2), inCheckout: true };
  const at = words.indexOf('dendrite');
  if (at < 0) return null;
  const rest = words.slice(at + 1);
  return rest[0] === '--' ? { args: rest.slice(1), inCheckout: true } : { args: rest, inCheckout: false };
}

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

const collect = (page: string, lines: readonly Line[]): CommandLine[] =>
  lines.flatMap(({ number, text }) =>
    callsOf(text).flatMap((words) => {
      const found = argsOf(words);
      return found === null ? [] : [{ page, line: number, ...found }];
    }),
  );

/** Every call of dendrite in the blocks of code of a page. */
export const commandsIn = (page: string, text = read(page)): CommandLine[] =>
  collect(page, linesOf(text).code);

/** Every call of dendrite that is quoted in the sentences of a page: `dendrite table <folder> --costs`. */
export const quotedIn = (page: string, text = read(page)): CommandLine[] =>
  linesOf(text).prose.flatMap(({ number, text: line }) =>
    [...line.matchAll(/`([^`]+)`/g)].flatMap(([, quoted]) => collect(page, [{ number, text: quoted! }])),
  );
