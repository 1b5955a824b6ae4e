import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Which rooms a room may import from (docs/architecture.md). */
const ALLOWED: Record<string, readonly string[]> = {
  kernels: [],
  networks: ['kernels'],
  rules: ['networks', 'kernels'],
  data: ['kernels'],
  results: ['kernels'],
  experiments: ['data', 'rules', 'results', 'networks', 'kernels'],
  cli: ['experiments', 'data', 'rules', 'results', 'networks', 'kernels'],
  bench: ['experiments', 'data', 'rules', 'results', 'networks', 'kernels'],
};
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Every import of a source text that goes the wrong way, as a sentence. */
export function wrongImports(file: string, source: string): string[] {
  const room = file.split('/')[0]!;
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].flatMap(([, path]) => {
    const target = relative(root, resolve(root, dirname(file), path!));
    const other = target.split('/')[0]!;
    if (other === room) return [];
    if (!ALLOWED[room]!.includes(other)) return [`${file} imports ${target}: ${room} must not know ${other}`];
    return target === `${other}/index.ts`
      ? []
      : [`${file} imports ${target}, past the door ${other}/index.ts`];
  });
}

const sources = Object.keys(ALLOWED).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('assembly'))
    .map((file) => `${room}/${file}`),
);

test('imports between the rooms point one way, through the doors', () => {
  assert.ok(sources.length > 20);
  assert.equal(
    sources.flatMap((file) => wrongImports(file, readFileSync(join(root, file), 'utf8'))),
    [],
  );
});

test('every room that another may import has a door', () => {
  for (const room of new Set(Object.values(ALLOWED).flat()))
    assert.ok(sources.includes(`${room}/index.ts`), room);
});

test('an import that goes the wrong way is found', () => {
  const found = (file: string, path: string) => wrongImports(file, `import { x } from '${path}';`).length;
  assert.is(found('kernels/tensor.ts', '../rules/index.ts'), 1);
  assert.is(found('results/table.ts', '../networks/index.ts'), 1);
  assert.is(found('rules/backprop.ts', '../kernels/tensor.ts'), 1);
  assert.is(found('kernels/gpu/device.ts', '../../data/index.ts'), 1);
  assert.is(found('rules/backprop.ts', '../kernels/index.ts'), 0);
  assert.is(found('kernels/gpu/device.ts', '../tensor.ts'), 0);
  assert.is(found('bench/profile.ts', '../kernels/cpu/device.ts'), 1);
});

test.run();
