import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCheckpoint } from '../../results/index.ts';
import { execute, ROOT } from '../cli/dendrite.ts';

/** The README's code, run as a user would run it: from a folder where Dendrite is installed. (Needs `npm run build`.) */
const test = suite('README');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-readme-'));
test.after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'node_modules'));
symlinkSync(ROOT, join(folder, 'node_modules', 'dendrite'));

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The block of code in a section. */
function codeOf(section: string): string {
  const start = readme.indexOf(`\n## ${section}\n`);
  assert.ok(start >= 0, section);
  return /^```js\n(.*?)^```$/ms.exec(readme.slice(start))![1]!;
}

async function printed(code: string): Promise<string> {
  writeFileSync(join(folder, 'example.js'), code);
  const { stdout, stderr, code: exit } = await execute(process.execPath, ['example.js'], folder);
  assert.is(exit, 0, stderr);
  return stdout;
}

writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');

test('the example of the library trains a rule, prints its error and saves its weights', async () => {
  const lines = (await printed(codeOf('As a library'))).trim().split('\n');
  assert.is(lines.length, 3);
  const [, error] = /^epoch 3: test error ([\d.]+) %$/.exec(lines[2]!)!;
  // Chance is 90 %; outputs that read 500 random features do far better.
  assert.ok(Number(error) < 20, lines[2]);
  const { states } = readCheckpoint(join(folder, 'delta.safetensors'));
  assert.equal([states.get('weights 2')!.rows, states.get('weights 2')!.columns], [500, 10]);
});

test('the example of the library is typed', async () => {
  writeFileSync(join(folder, 'example.ts'), codeOf('As a library'));
  const options = ['--strict', '--noEmit', '--skipLibCheck', '--types', 'node', '--typeRoots'];
  const { stdout } = await execute(
    process.execPath,
    [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      ...['--module', 'nodenext', '--target', 'es2023', ...options, join(ROOT, 'node_modules/@types')],
      'example.ts',
    ],
    folder,
  );
  assert.is(stdout, '');
});

test('the example for browsers trains', async () => {
  const kernels = JSON.stringify(join(ROOT, 'dist/kernels/cpu/kernels.wasm'));
  const before = `import { readFileSync } from 'node:fs';
globalThis.fetch = async () => new Response(readFileSync(${kernels}));\n`;
  // As a text: Node colours numbers where the test runner asks for colours.
  const after = 'for await (const { testScore } of trainer.epochs()) console.log(String(testScore));';
  const scores = (await printed(before + codeOf('In a browser') + after)).trim().split('\n').map(Number);
  assert.is(scores.length, 10);
  // Chance is 75 %.
  assert.ok(scores.at(-1)! < 10, `${scores}`);
});

test.run();
