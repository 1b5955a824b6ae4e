import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Which modules a module may import from (docs/architecture.md). */
const ALLOWED: Record<string, readonly string[]> = {
  kernels: [],
  devices: ['kernels'],
  networks: ['kernels'],
  rules: ['networks', 'kernels'],
  data: ['kernels'],
  training: ['kernels', 'networks', 'rules', 'data'],
  results: ['kernels', 'training'],
  experiments: ['training', 'data', 'rules', 'results', 'networks', 'kernels', 'devices'],
  // Of cli/ the types of what the server answers, and nothing that runs: `web/` runs in a browser.
  web: ['browser.ts', 'cli', 'training', 'data', 'rules', 'results', 'networks', 'kernels', 'examples'],
  cli: ['experiments', 'training', 'data', 'rules', 'results', 'networks', 'kernels', 'devices'],
  bench: ['cli', 'experiments', 'training', 'data', 'rules', 'results', 'networks', 'kernels', 'devices'],
};

/**
 * Entry points besides index.ts: `browser.ts` leaves out what needs Node, `inspect.ts` is for tools of ours, `figures/index.ts` and
 * `report/index.ts` are loaded when a figure is drawn. Bundlers make addresses of what ends in `?url`, and texts of what ends in `?raw`.
 */
const ENTRY_POINTS: Record<string, readonly string[]> = {
  cli: ['serve/api.ts'],
  data: ['browser.ts'],
  kernels: ['inspect.ts', 'cpu/kernels.wasm?url', 'cpu/kernels-fma.wasm?url'],
  results: ['browser.ts', 'figures/index.ts', 'figures/plots.ts', 'report/index.ts'],
  examples: ['own-rule/sign-symmetry.ts?raw'],
  // Itself: what `dendrite` is to a rule that is typed into a page.
  'browser.ts': [''],
};

/** What runs in a browser too: the files that are loaded from here import nothing of Node. */
const BROWSER = [
  'browser.ts',
  'kernels/index.ts',
  'networks/index.ts',
  'rules/index.ts',
  'training/index.ts',
  'data/browser.ts',
  'results/figures/index.ts',
  'web/playground/main.tsx',
  'web/playground/run/worker.ts',
  'web/dashboard/main.tsx',
];
/** Packages that run in a browser. */
const BROWSER_PACKAGES = [
  '@codemirror/commands',
  '@codemirror/lint',
  '@codemirror/state',
  '@codemirror/view',
  '@observablehq/plot',
  'acorn',

  'crc-32',
  'fflate',
  'preact',
  'preact/hooks',
  'simple-statistics',
  'sucrase',
  'zod',
];

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const modules = Object.keys(ALLOWED).filter((module) => existsSync(join(root, module)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Import {
  /** As it is written: a path relative to the file, or the name of a package. */
  readonly from: string;
  /** Whether nothing is left of it at run time. */
  readonly isType: boolean;
}

/** `import` and `export ... from` statements, and calls of `import`; `import { type A }` is left at run time. */
const importsOf = (source: string): Import[] => [
  ...[
    ...source.matchAll(
      /^\s*(?:import|export)\s+(type\s+(?!from\b))?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"\n]+)['"]/gm,
    ),
  ].map(([, type, from]) => ({ from: from!, isType: type !== undefined })),
  ...[...source.matchAll(/(?<!typeof )\b(?:import|require)\(\s*['"]([^'"]+)['"]/g)].map(([, from]) => ({
    from: from!,
    isType: false,
  })),
];

const target = (file: string, { from }: Import): string => relative(root, resolve(root, dirname(file), from));
const isLocal = ({ from }: Import): boolean => from.startsWith('.');
const isAddress = ({ from }: Import): boolean => /\?(?:url|raw|worker&url)$/.test(from);

/** Every import of a source text that goes the wrong way, as a sentence. */
function wrongImports(file: string, source: string): string[] {
  const module = file.split('/')[0]!;
  return importsOf(source)
    .filter(isLocal)
    .flatMap((imported) => {
      const path = target(file, imported);
      const [other, ...rest] = path.split('/') as [string, ...string[]];
      if (other === module) return [];
      if (!ALLOWED[module]!.includes(other))
        return [`${file} imports ${path}: ${module} must not know ${other}`];
      return ['index.ts', ...(ENTRY_POINTS[other] ?? [])].includes(rest.join('/'))
        ? []
        : [`${file} imports ${path}, which is no entry point of ${other}`];
    });
}

/** Every circle of imports, types included, that a search in depth runs into, as a chain of files. */
function importCircles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].join(' > '));
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}

/** What a file and all that is loaded with it need of Node, as sentences. */
function needsOfNode(entry: string, sourceOf: (file: string) => string): string[] {
  const needs: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    // Comments may speak of Node.
    const code = sourceOf(file).replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
    for (const [word] of code.matchAll(/(?<![\w.'"`])(?:process\.|Buffer\b|__dirname\b|require\()/g))
      needs.push(`${file} uses ${word}`);
    for (const imported of importsOf(code).filter((one) => !one.isType && !isAddress(one)))
      if (isLocal(imported)) visit(target(file, imported));
      else if (!BROWSER_PACKAGES.includes(imported.from)) needs.push(`${file} imports ${imported.from}`);
  };
  visit(entry);
  return needs;
}

const sources = modules.flatMap((module) =>
  readdirSync(join(root, module), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('assembly'))
    .map((file) => `${module}/${file}`),
);

test('imports between modules point one way, to entry points', () => {
  assert.ok(sources.length > 20);
  assert.equal(
    sources.flatMap((file) => wrongImports(file, read(file))),
    [],
  );
});

test('every module that another may import has an entry point', () => {
  for (const module of new Set(Object.values(ALLOWED).flat()))
    if (modules.includes(module) && module !== 'cli')
      assert.ok(sources.includes(`${module}/index.ts`), module);
});

test('no imports go in a circle', () => {
  const imports = new Map(
    sources.map((file) => [
      file,
      importsOf(read(file))
        .filter(isLocal)
        .map((imported) => target(file, imported)),
    ]),
  );
  assert.equal(importCircles(imports), []);
});

for (const entry of BROWSER.filter((file) => existsSync(join(root, file))))
  test(`${entry} needs nothing of Node`, () => {
    assert.equal(needsOfNode(entry, read), []);
  });

test('an import that goes the wrong way is found', () => {
  const found = (file: string, path: string) => wrongImports(file, `import { x } from '${path}';`).length;
  assert.is(found('kernels/tensor.ts', '../rules/index.ts'), 1);
  assert.is(found('kernels/cpu/device.ts', '../../devices/index.ts'), 1);
  assert.is(found('results/table.ts', '../networks/index.ts'), 1);
  assert.is(found('rules/backprop.ts', '../kernels/tensor.ts'), 1);
  assert.is(found('kernels/gpu/device.ts', '../../data/index.ts'), 1);
  assert.is(found('rules/backprop.ts', '../kernels/index.ts'), 0);
  assert.is(found('training/trainer.ts', '../data/browser.ts'), 0);
  assert.is(found('training/trainer.ts', '../rules/browser.ts'), 1);
  assert.is(found('kernels/gpu/device.ts', '../tensor.ts'), 0);
  assert.is(found('bench/profile.ts', '../kernels/cpu/device.ts'), 1);
});

test('every form of import is seen', () => {
  const source = `
import 'a';
import b, { type B } from 'b';
import type { C } from 'c';
import * as d from 'd';
export * from 'e';
export type { F } from 'f';
import {
  g,
} from 'g';
const h = await import('h');
export const text = "import x from 'no'";
`;
  assert.equal(
    importsOf(source).map(({ from, isType }) => (isType ? `type ${from}` : from)),
    ['a', 'b', 'type c', 'd', 'e', 'type f', 'g', 'h'],
  );
});

test('a circle is found, and a diamond is none', () => {
  const circles = (edges: Record<string, string[]>) => importCircles(new Map(Object.entries(edges)));
  assert.equal(circles({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }), []);
  assert.equal(circles({ a: ['b'], b: ['c'], c: ['b'] }), ['b > c > b']);
});

test('what needs Node is found however deep it lies', () => {
  const files: Record<string, string> = {
    'entry.ts': `import { a } from './a/a.ts';\nimport type { T } from './t.ts';\nimport 'acorn';`,
    'a/a.ts': `/* process.exit */ import koffi from 'koffi';\nexport { b } from '../b.ts';`,
    'b.ts': `export const b = process.argv; // Buffer\nconst os = await import('node:os');`,
    't.ts': `import fs from 'node:fs';`,
  };
  assert.equal(needsOfNode('entry.ts', (file) => files[file]!).sort(), [
    'a/a.ts imports koffi',
    'b.ts imports node:os',
    'b.ts uses process.',
  ]);
});

test.run();
