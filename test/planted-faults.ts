/**
 * Plants each fault of test/faults/ in a copy of the repository and shows which test notices it:
 *
 *     npm run faults [-- <rule>...]
 *
 * Ends with exit code 1 if a fault goes unnoticed, or a rule has none.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { RULES } from '../rules/index.ts';
import type { Fault } from './faults/fault.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = ['kernels', 'networks', 'rules', 'data', 'results', 'experiments', 'test'];

/** The faults of all lists. */
export async function listFaults(): Promise<Fault[]> {
  const folder = new URL('faults/', import.meta.url);
  const lists = readdirSync(folder).filter((file) => file !== 'fault.ts');
  const modules = await Promise.all(lists.map((file) => import(new URL(file, folder).href)));
  return modules.flatMap(({ FAULTS }) => FAULTS);
}

/** The file's text with the fault in it. @throws Error if the place is not there, or not the only one */
export function plant(source: string, { file, find, replace }: Fault): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds '${find}' ${parts.length - 1} times, not once`);
  return parts.join(replace);
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'dendrite-faults-'));
  for (const folder of COPIED) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const file of ['package.json', 'tsconfig.json', 'index.ts'])
    cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The first failing test of the given files in a copy of the repository, or null if all pass. */
function firstFailure(copy: string, tests: readonly string[]): string | null {
  for (const name of tests) {
    const file = name.includes('/') ? name : `test/rules/${name}.test.ts`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], {
      cwd: copy,
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (status === 0) continue;
    const text = stripVTControlCharacters(stdout + stderr);
    return (
      /FAIL\s+(.*)/.exec(text)?.[1]?.trim() ??
      /^.*Error.*$/m.exec(text)?.[0] ??
      `${file} ended with ${status}`
    );
  }
  return null;
}

async function main(wanted: readonly string[]): Promise<void> {
  const all = await listFaults();
  const faults = all.filter(({ rule }) => wanted.length === 0 || wanted.includes(rule));
  const copy = makeCopy();
  const unnoticed: string[] = [];
  try {
    const sound = firstFailure(copy, [...new Set(faults.flatMap(({ tests }) => tests))]);
    if (sound) throw new Error(`without any fault, this test fails: ${sound}`);
    for (const fault of faults) {
      const path = join(copy, fault.file);
      const right = readFileSync(path, 'utf8');
      writeFileSync(path, plant(right, fault));
      const noticed = firstFailure(copy, fault.tests);
      writeFileSync(path, right);
      if (!noticed) unnoticed.push(`${fault.rule}: ${fault.what}`);
      console.log(`${fault.rule.padEnd(28)}${fault.what.padEnd(56)}${noticed ?? 'NOT NOTICED'}`);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
  const bare = wanted.length > 0 ? [] : RULES.filter(({ name }) => !all.some(({ rule }) => rule === name));
  for (const { name } of bare) console.log(`${name.padEnd(28)}has no planted fault`);
  console.log(`\n${faults.length - unnoticed.length} of ${faults.length} faults noticed`);
  if (unnoticed.length + bare.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
