import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { stripVTControlCharacters } from 'node:util';

/**
 * Runs all tests, or those whose path holds one of the texts given: `npm run unit -- results/ cli/plot`. As many processes as there are
 * cores take one part of the files after the other; what a part prints comes when it is done, and last of all what failed.
 */
const PARTS_A_CORE = 8;
/** The slowest files: each begins a part of its own, and those parts come first, so that no core is left with one of them at the end. */
const SLOW = [
  ...['docs/commands', 'docs/rules', 'kernels/gpu-device', 'cli/streams', 'slurm', 'cli/run', 'cli/resume'],
  ...['web/playground-use', 'kill', 'cli/tune', 'cli/slurm', 'web/playground-rules'],
].map((file) => `${file}.test.ts`);
/** So many files are named with the time that they took. */
const SLOWEST = 12;

const texts = process.argv.slice(2);
const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter(
    (file) => file.endsWith('.test.ts') && (texts.length === 0 || texts.some((text) => file.includes(text))),
  )
  .sort()
  .sort((a, b) => rank(a) - rank(b));
if (files.length === 0) throw new Error(`no test file has ${texts.join(' or ')} in its path`);

const cores = availableParallelism();
const count = Math.min(files.length, cores * PARTS_A_CORE);
// Files of one folder take alike long: each part gets some of every folder.
const parts = Array.from({ length: count }, (_, part) => files.filter((_file, i) => i % count === part));

const sums = { Total: 0, Passed: 0, Skipped: 0 };
const failures: string[] = [];
const seconds = new Map<string, number>();
await Promise.all(
  Array.from({ length: cores }, async () => {
    for (let part = parts.shift(); part; part = parts.shift()) await runPart(part);
  }),
);
for (const failure of failures) process.stdout.write(failure);
const slowest = [...seconds].sort(([, a], [, b]) => b - a).slice(0, SLOWEST);
process.stdout.write(
  `slowest: ${slowest.map(([file, s]) => `${file.replace('.test.ts', '')} ${s.toFixed(0)} s`).join(', ')}\n`,
);
process.stdout.write(
  `${files.length} files: ${sums.Passed} of ${sums.Total} tests passed, ${sums.Skipped} more were skipped\n`,
);
process.exitCode = failures.length > 0 ? 1 : 0;

function rank(file: string): number {
  const place = SLOW.indexOf(file);
  return place < 0 ? SLOW.length : place;
}

/** Runs some files in a process of their own. */
async function runPart(part: readonly string[]): Promise<void> {
  const pattern = `^(${part.map((file) => file.replaceAll('.', '\\.')).join('|')})$`;
  const child = spawn(process.execPath, ['--import', 'tsx', 'node_modules/uvu/bin.js', 'test', pattern], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  let [file, begun] = ['', performance.now()];
  const next = (name: string) => {
    const now = performance.now();
    if (file !== '') seconds.set(file, (now - begun) / 1000);
    [file, begun] = [name, now];
  };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text;
      // uvu names a file before it runs its tests.
      for (const [, name] of stripVTControlCharacters(text).matchAll(/^(\S+\.test\.ts)$/gm)) next(name!);
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  next('');
  for (const [, name, number] of stripVTControlCharacters(printed).matchAll(
    /^ +(Total|Passed|Skipped): +(\d+)/gm,
  ))
    sums[name as keyof typeof sums] += Number(number);
  if (code === 0) process.stdout.write(printed);
  else failures.push(`${printed}failed: ${part.join(', ')}\n`);
}
