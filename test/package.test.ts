import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { execute, ROOT } from './cli/dendrite.ts';

/**
 * The package as a user gets it: packed, unpacked into an empty project beside its dependencies, and used from there,
 * as a command and as a typed library. (Needs `npm run build`, which `npm test` does first.)
 */
const test = suite('package');
const project = mkdtempSync(join(tmpdir(), 'dendrite-package-'));
const modules = join(project, 'node_modules');
const installed = join(modules, 'dendrite');
test.after(() => rmSync(project, { recursive: true }));

test.before(async () => {
  const packed = await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', project], ROOT);
  assert.is(packed.code, 0, packed.stderr);
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed], project);
  // What npm would install beside it: the dependencies (not the development ones), and theirs.
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(lock.packages)) {
    const name = path.replace(/^node_modules\//, '');
    if (path === '' || dev || name.includes('node_modules/')) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "type": "module" }');
  writeFileSync(join(project, 'my-rule.ts'), readFileSync(join(ROOT, 'examples/own-rule/sign-symmetry.ts')));
});

const installedDendrite = (...args: string[]) =>
  execute(process.execPath, [join(installed, 'dist/cli/main.js'), ...args], project);

test('the command compares rules, one of them from a TypeScript plug-in', async () => {
  const { stdout, stderr, code } = await installedDendrite(
    ...['compare', '--rules', 'backprop,my-sign-symmetry', '--plugin', 'my-rule.ts', '--layers', '784,20,10'],
    ...['--examples', '2000', '--seeds', '1', '--json'],
  );
  assert.is(code, 0, stderr);
  assert.equal(
    JSON.parse(stdout).runs.map(({ status }: { status: string }) => status),
    ['finished', 'finished'],
  );
  assert.ok(readdirSync(join(project, 'runs')).length === 1);
});

test('a plug-in may be plain JavaScript', async () => {
  writeFileSync(
    join(project, 'my-rule.js'),
    `import { defineRule, gradient } from 'dendrite';
     export const mine = defineRule({ name: 'mine', title: 't', source: 's', summary: 's', network: 'layered', options: {},
       build: ({ network, kernels }) => ({ learn({ input, target }) {
         const activity = network.forward(input);
         return { output: activity.at(-1).rate, directions: gradient(kernels, network, activity, target) };
       } }) });`,
  );
  const { stdout, stderr, code } = await installedDendrite('check', 'my-rule.js');
  assert.is(code, 0, stderr + stdout);
});

test('the library is typed', async () => {
  writeFileSync(
    join(project, 'typed.ts'),
    `import { defineRule, type Tensor } from 'dendrite';
     import { Kernels } from 'dendrite/kernels';
     defineRule({ name: 'a', title: 't', source: 's', summary: 's', network: 'layered',
       options: { rate: { default: 1, description: 'd' } },
       build({ options }) { const rate: number = options.rate; void rate; return { learn: () => ({ output: null as unknown as Tensor, directions: [] }) }; } });
     void Kernels;
     // @ts-expect-error a definition without a name
     defineRule({ title: 't' });`,
  );
  const config = {
    compilerOptions: { strict: true, module: 'NodeNext', noEmit: true, skipLibCheck: false, types: [] },
    files: ['typed.ts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const { stdout, code } = await execute(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project],
    project,
  );
  assert.is(code, 0, stdout);
});

test('the package holds built files only', () => {
  assert.equal(readdirSync(installed).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'package.json',
  ]);
  const sources = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
  );
  assert.equal(sources, []);
});

test.run();
