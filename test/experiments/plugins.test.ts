import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadPlugin, loadPlugins } from '../../experiments/index.ts';
import { UserError } from '../../kernels/index.ts';

const test = suite('plug-ins');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-plugins-'));
test.after(() => rmSync(folder, { recursive: true }));

const file = (name: string, ...lines: string[]): string => {
  writeFileSync(join(folder, name), lines.join('\n'));
  return join(folder, name);
};
const own = (name: string) =>
  `import { defineRule, RULES } from 'dendrite';
export const rule = defineRule({ ...RULES[0], name: '${name}' });`;

/** The sentence with which files are refused. */
async function refusal(...files: string[]): Promise<string> {
  try {
    await loadPlugins(files);
  } catch (error) {
    assert.instance(error, UserError, String((error as Error).stack));
    const { message } = error as Error;
    assert.not.match(message, '\n');
    return message;
  }
  throw new Error('nothing was refused');
}

test('a plug-in imports the very exports of every entry point of the package', async () => {
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const entries = Object.entries<{ default: string }>(exports).filter(
    ([path]) => !/\.(json|wasm)$/.test(path),
  );
  const seen = file(
    'entries.ts',
    "import { RULES } from 'dendrite';",
    ...entries.map(([path], i) => `import * as m${i} from '${path.replace(/^\./, 'dendrite')}';`),
    `(globalThis as any).seenByPlugin = [${entries.map((_, i) => `m${i}`)}];`,
    "export const rule = { ...RULES[0], name: 'own' };",
  );
  await loadPlugin(seen);
  const { seenByPlugin } = globalThis as unknown as { seenByPlugin: Record<string, unknown>[] };
  for (const [i, [path, { default: built }]] of entries.entries()) {
    const source = built.replace('./dist/', '../../').replace(/\.js$/, '.ts');
    const wanted: Record<string, unknown> = await import(new URL(source, import.meta.url).href);
    const names = Object.keys(wanted).sort();
    const names2 = Object.keys(seenByPlugin[i]!).filter((name) => !['default', '__esModule'].includes(name));
    assert.equal(names2.sort(), names, path);
    for (const name of names) assert.is(seenByPlugin[i]![name], wanted[name], `${path} ${name}`);
  }
  assert.type(seenByPlugin[0]!.loadDataset, 'function');
});

test('a syntax error is told with line and column, counted from 1', async () => {
  const broken = file('broken.ts', 'export const a = 1;', '  const = 3;');
  assert.is(
    await refusal(broken),
    `the plug-in ${broken} could not be loaded: Unexpected token (line 2, column 9)`,
  );
  const script = file('broken.js', 'export const a = {', '  b: 1', '  c: 2', '};');
  assert.match(await refusal(script), /broken\.js could not be loaded: .* \(line 3, column 3\)$/);
});

test('an error in a file that a plug-in imports is told with its path', async () => {
  mkdirSync(join(folder, 'parts'), { recursive: true });
  const broken = file('parts/broken.ts', 'const = 3;');
  const throwing = file('parts/throwing.ts', '', "throw new Error('out of order');");
  assert.ok(
    (await refusal(file('imports.ts', "import './parts/broken.ts';"))).endsWith(
      `(${broken}, line 1, column 7)`,
    ),
  );
  assert.ok(
    (await refusal(file('imports2.ts', "import './parts/throwing.ts';"))).endsWith(
      `out of order (${throwing}, line 2)`,
    ),
  );
});

test('an error while it loads is told with its line', async () => {
  const throws = file(
    'throws.ts',
    'interface A {',
    '  x: number;',
    '}',
    '',
    "throw new Error('out of order');",
  );
  assert.is(await refusal(throws), `the plug-in ${throws} could not be loaded: out of order (line 5)`);
  const half = file(
    'half.ts',
    "import { defineRule } from 'dendrite';",
    "export const rule = defineRule({ name: 'half' });",
  );
  assert.match(await refusal(half), /the rule 'half' lacks the text 'title' \(line 2\)$/);
});

test('an error without a place is told without one', async () => {
  const throws = file('throws-text.ts', "throw 'out of order';");
  assert.is(await refusal(throws), `the plug-in ${throws} could not be loaded: out of order`);
});

test('a plug-in that waits for ever is refused, not waited for', async () => {
  const { dendrite } = await import('../cli/dendrite.ts');
  const waits = file('waits.ts', 'await new Promise(() => {});', 'export const x = 1;');
  const { code, stderr } = await dendrite('check', waits);
  assert.is(code, 1);
  assert.is(
    stderr,
    `dendrite: the plug-in ${waits} could not be loaded: it awaits something that never comes\n`,
  );
});

test('a rule for a task without a trial is skipped, not passed', async () => {
  const { inThisProcess } = await import('../cli/dendrite.ts');
  const rule = file(
    'own-task.ts',
    "import { RULES } from 'dendrite';",
    "export const rule = { ...RULES[0], name: 'mine', onlyTask: 'own' };",
  );
  const { code, stdout } = await inThisProcess(['check', rule]);
  assert.is(code, 1);
  assert.match(stdout, /^mine\n {2}skip all checks: there is no trial for the task 'own', .*\n$/);
});

test('names are taken once, and a sentence about two plug-ins is about two files', async () => {
  const [one, two] = [file('one.ts', own('mine')), file('two.ts', own('mine'))];
  assert.match(await refusal(one, two), /^two plug-ins define the rule 'mine'; rename one of them$/);
  assert.is(await refusal(one, one), `the plug-in ${one} is named twice; name it once`);
  const both = file('both.ts', own('mine'), "export const again = { ...RULES[0], name: 'mine' };");
  assert.match(await refusal(both), /both\.ts defines the rule 'mine' twice/);
  assert.match(
    await refusal(file('taken.ts', own('backprop'))),
    /'backprop', which is the name of a built-in/,
  );
  // Under two names in one file, it is one rule.
  const alias = file('alias.ts', own('mine'), 'export default rule;');
  assert.is((await loadPlugin(alias)).rules.length, 1);
});

test('datasets of plug-ins are checked as defineDataset checks them', async () => {
  const bad = file('bad-dataset.ts', "export const data = { name: 'mine', load() {} };");
  assert.match(await refusal(bad), /the dataset 'mine' lacks the text 'title'/);
});

test.run();
