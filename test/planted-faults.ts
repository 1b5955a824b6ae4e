/**
 * Plants each fault of test/faults/ in a copy of the repository and shows which test notices it:
 *
 *     npm run faults [-- <rule>...]
 *
 * Ends with exit code 1 if a fault goes unnoticed, or a rule has none.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { RULES } from '../rules/index.ts';
import type { Fault } from './faults/fault.ts';
import { replaceSyntax } from './faults/syntax/replace.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Not a part of what is tested: the copy would only be larger. */
const LEFT_OUT = ['.git', 'node_modules', 'dist', 'runs', 'coverage'];
/** Copies in which faults are planted at the same time. */
const COPIES = 2;
/** A fault may keep a loop from ending. */
const LONGEST_TEST = 300_000;

/** The faults of all lists. */
export async function listFaults(): Promise<Fault[]> {
  const folder = new URL('faults/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'fault.ts');
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  return modules.flatMap(({ FAULTS }) => FAULTS);
}

export const testFiles = ({ tests }: Pick<Fault, 'tests'>): string[] =>
  tests.map((name) => (name.includes('/') ? name : `test/rules/${name}.test.ts`));

/** The file's text with the fault in it. @throws Error if the place is not there, or not the only one */
export function plant(source: string, { rule, what, file, find, replace, within }: Fault): string {
  try {
    return replaceSyntax(source, find, replace, within);
  } catch (error) {
    throw new Error(`the fault '${rule}: ${what}' in ${file}: ${(error as Error).message}`);
  }
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'dendrite-faults-'));
  for (const name of readdirSync(root).filter((name) => !LEFT_OUT.includes(name)))
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** @returns the exit code and all that the test file printed */
function run(copy: string, file: string): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: copy, timeout: LONGEST_TEST });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code, text: stripVTControlCharacters(text) })),
  );
}

/** The first failing test of the given files in a copy of the repository, or null if all pass. */
async function firstFailure(copy: string, files: readonly string[]): Promise<string | null> {
  for (const file of files) {
    const { code, text } = await run(copy, file);
    if (code === 0) continue;
    // A program that is no program is no fault that a test has noticed.
    const broken = /^.*\b(SyntaxError|ReferenceError|TransformError)\b.*$/m.exec(text)?.[0];
    if (broken) throw new Error(`${file}: ${broken.trim()}`);
    return (
      /FAIL\s+(.*)/.exec(text)?.[1]?.trim() ?? /^.*Error.*$/m.exec(text)?.[0] ?? `${file} ended with ${code}`
    );
  }
  return null;
}

/** Takes faults from the list until there are none left. @returns those that went unnoticed */
async function plantAll(copy: string, faults: Fault[]): Promise<string[]> {
  const unnoticed: string[] = [];
  for (let fault = faults.shift(); fault; fault = faults.shift()) {
    const path = join(copy, fault.file);
    const right = readFileSync(path, 'utf8');
    writeFileSync(path, plant(right, fault));
    const noticed = await firstFailure(copy, testFiles(fault));
    writeFileSync(path, right);
    if (!noticed) unnoticed.push(`${fault.rule}: ${fault.what}`);
    console.log(`${fault.rule.padEnd(30)}${fault.what.padEnd(72)} ${noticed ?? 'NOT NOTICED'}`);
  }
  return unnoticed;
}

async function main(wanted: readonly string[]): Promise<void> {
  const all = await listFaults();
  const faults = all.filter(({ rule }) => wanted.length === 0 || wanted.includes(rule));
  const count = faults.length;
  const copies = Array.from({ length: COPIES }, makeCopy);
  let unnoticed: string[] = [];
  try {
    const sound = await firstFailure(copies[0]!, [...new Set(faults.flatMap(testFiles))]);
    if (sound) throw new Error(`without any fault, this test fails: ${sound}`);
    unnoticed = (await Promise.all(copies.map((copy) => plantAll(copy, faults)))).flat();
  } finally {
    for (const copy of copies) if (existsSync(copy)) rmSync(copy, { recursive: true });
  }
  const bare = wanted.length > 0 ? [] : RULES.filter(({ name }) => !all.some(({ rule }) => rule === name));
  for (const { name } of bare) console.log(`${name.padEnd(30)}has no planted fault`);
  console.log(`\n${count - unnoticed.length} of ${count} faults noticed`);
  for (const name of unnoticed) console.log(`not noticed: ${name}`);
  if (unnoticed.length + bare.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
