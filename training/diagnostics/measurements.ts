import { consecutive, type Table, type Tensor } from '../../kernels/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import { ObservedMinibatch, type ObservedRun } from './observed-minibatch.ts';
import type { Reading } from './reading.ts';

/** Training examples that diagnostics are measured on. */
const EXAMPLES = 500;

/** By diagnostic, and then by connection, population or pathway; null where it is not defined at the time. */
export type Measured = Record<string, Record<string, number | null>>;

export interface Measurements {
  /** Shows the minibatch and reads every diagnostic. It changes nothing that training depends on. */
  measure(): Promise<Measured>;
  /** One sentence for each that cannot be measured, with the reason. */
  readonly notes: readonly string[];
}

/**
 * Traces diagnostics on the first examples of the training set.
 * @param target traces what the minibatch is to be answered with
 */
export async function prepareMeasurements(
  diagnostics: readonly Diagnostic[],
  run: ObservedRun,
  images: Table,
  target: (input: Tensor) => Tensor,
): Promise<Measurements> {
  const notes: string[] = [];
  const readings = new Map<string, [name: string, reading: Reading][]>();
  if (diagnostics.length === 0) return { measure: async () => ({}), notes };
  const { kernels: k } = run;
  const examples = Math.min(EXAMPLES, images.count);
  const rows = consecutive(0, examples);
  const executable = await k.trace('diagnostics', () => {
    const input = k.gather(images, examples);
    const observed = new ObservedMinibatch(run, { input, target: target(input) });
    for (const diagnostic of diagnostics) {
      const { found, missing } = sortOut(diagnostic, observed);
      if (found.length > 0) readings.set(diagnostic.name, found);
      notes.push(...missing);
    }
  });
  return {
    notes,
    async measure() {
      await executable.run({ steps: 1, firstStep: 0, rows });
      const measured: Measured = {};
      for (const [diagnostic, named] of readings) measured[diagnostic] = await readAll(named);
      return measured;
    },
  };
}

function sortOut(diagnostic: Diagnostic, observed: ObservedMinibatch) {
  const result = diagnostic.measure(observed);
  if (typeof result === 'string')
    return { found: [], missing: [`${diagnostic.name} is not measured: ${result}`] };
  const found: [string, Reading][] = [];
  const byReason = new Map<string, string[]>();
  for (const [name, value] of Object.entries(result))
    if (typeof value === 'string') byReason.set(value, [...(byReason.get(value) ?? []), name]);
    else found.push([name, value]);
  const missing = [...byReason].map(
    ([reason, names]) => `${diagnostic.name} of ${names.join(', ')} is not measured: ${reason}`,
  );
  return { found, missing };
}

async function readAll(named: readonly [string, Reading][]): Promise<Record<string, number | null>> {
  const values: Record<string, number | null> = {};
  for (const [name, read] of named) {
    const value = await read();
    values[name] = Number.isFinite(value) ? value : null;
  }
  return values;
}
