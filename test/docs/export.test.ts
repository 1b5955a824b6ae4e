import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { predictRun } from '../../experiments/index.ts';
import { type ComparisonDocument, exportFolder } from '../../results/index.ts';
import { execute, inThisProcess, ROOT } from '../cli/dendrite.ts';
import { onTiny, writeTinyIdx } from '../cli/tiny-idx.ts';
import { pythonWith } from '../python.ts';

/** The Python of docs/export.md, run as a reader would run it: beside the files that it reads. */
const test = suite('docs/export.md');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-docs-export-'));
test.after(() => rmSync(folder, { recursive: true }));

const page = readFileSync(join(ROOT, 'docs', 'export.md'), 'utf8');
const programs = [...page.matchAll(/^```python\n(.*?)^```$/gms)].map(([, code]) => code!);

let answers: (number | null)[] = [];
let score = 0;
test.before(async () => {
  const tiny = writeTinyIdx(join(folder, 'tiny'));
  const images = join(folder, 't10k-images-idx3-ubyte');
  copyFileSync(join(tiny, 't10k-images-idx3-ubyte'), images);
  const { code, stdout, stderr } = await inThisProcess([
    ...['compare', '--out', join(folder, 'runs'), ...onTiny(tiny), '--rules', 'backprop', '--seeds', '1'],
    ...['--epochs', '2', '--json'],
  ]);
  assert.is(code, 0, stderr);
  const [run] = (JSON.parse(stdout) as ComparisonDocument).runs;
  score = run!.testScore.last!;
  for (const [format, ending] of [
    ['safetensors', '.safetensors'],
    ['npz', '.npz'],
    ['csv', '-csv'],
  ] as const)
    await exportFolder(run!.folder, { format, out: join(folder, `backprop-seed-1${ending}`) });
  await exportFolder(dirname(run!.folder), { format: 'parquet', out: join(folder, 'comparison.parquet') });
  answers = (await predictRun(run!.folder, images)).images.map((image) => image.class);
});

/** What each program prints, in the order of the page. */
const PRINTED: readonly (() => string)[] = [
  () => `[${answers.join(', ')}]`,
  () => 'True',
  () => 'True',
  () => `{'backprop': ${pythonNumber(score)}}`,
  () => `[('backprop', 10.0, ${pythonNumber(score)})]`,
];
const pythonNumber = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

test('every program of the page is tested', () => {
  assert.is(programs.length, PRINTED.length);
});

for (const [i, program] of programs.entries()) {
  const modules = [...program.matchAll(/^(?:import|from) ([\w.]+)/gm)].map(([, name]) => name!);
  if (modules.includes('pandas')) modules.push('pyarrow');
  const title = `program ${i + 1} prints what it should`;
  const python = pythonWith(...modules);
  if (python === null) {
    console.log(`skipped, ${title}: there is no python3 with ${modules.join(' and ')}`);
    test.skip(title);
  } else
    test(title, async () => {
      const { stdout, stderr } = await execute(python, ['-c', program], folder);
      assert.is(stdout, `${PRINTED[i]!()}\n`, stderr);
    });
}

test.run();
