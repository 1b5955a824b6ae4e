import type { Tensor } from '../tensor.ts';
import { type KernelCall, MAX_ARGUMENTS, type Target, X, Y } from './call.ts';

/**
 * Fewer kernels for the same values. A call whose result one other call alone reads, element by element, becomes part of
 * that call: the value stays in a register, and a launch and a pass through memory are saved. A product takes in the
 * bias and the activation that follow it, a sum the map before it, and so on. Calls that nothing reads are left out.
 *
 * @param calls in the order of the step; each computes a tensor of its own, which no other call computes
 * @param results tensors that are needed after the step
 */
export function fuseCalls(
  calls: readonly KernelCall[],
  results: ReadonlySet<Tensor>,
  target: Target,
): KernelCall[] {
  const needed = withoutUnread(calls, results);
  const readers = countReaders(needed);
  const kept = new Map<Tensor, KernelCall>();
  for (const own of needed) {
    let fused = own;
    for (const [name, tensor] of own.args) {
      const producer = kept.get(tensor);
      if (!producer || readers.get(tensor) !== 1 || results.has(tensor)) continue;
      // gpu.js builds a module of WebAssembly for every step that a kernel is told: they should be small.
      if (target === 'processor' && (producer.takesStep || own.takesStep)) continue;
      const both = fusePair(producer, fused, name);
      if (!both) continue;
      kept.delete(tensor);
      fused = both;
    }
    kept.set(own.out, fused);
  }
  return [...kept.values()];
}

function withoutUnread(calls: readonly KernelCall[], results: ReadonlySet<Tensor>): KernelCall[] {
  const read = new Set(results);
  const needed: KernelCall[] = [];
  for (const own of [...calls].reverse()) {
    if (!read.has(own.out)) continue;
    needed.push(own);
    for (const tensor of own.args.values()) read.add(tensor);
  }
  return needed.reverse();
}

function countReaders(calls: readonly KernelCall[]): Map<Tensor, number> {
  const readers = new Map<Tensor, number>();
  for (const { args } of calls)
    for (const tensor of args.values()) readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  return readers;
}

/** Null where the two cannot be one kernel. */
function fusePair(producer: KernelCall, consumer: KernelCall, name: string): KernelCall | null {
  const { out } = producer;
  const element = new RegExp(`\\b${name}\\[${Y}\\]\\[${X}\\]`, 'g');
  const reads = (pattern: RegExp): number => `${consumer.lines};${consumer.result}`.split(pattern).length;
  if (out.rows !== consumer.out.rows || out.columns !== consumer.out.columns) return null;
  if (reads(new RegExp(`\\b${name}\\[`)) !== reads(element)) return null;
  if (producer.takesStep && consumer.takesStep && producer.counter !== consumer.counter) return null;
  if (producer.table && consumer.table) return null;

  // Names of the producer that the consumer may have too get a suffix that no name had before.
  const suffix = `_${consumer.lines.split('const fused_').length - 1}`;
  const args = new Map(consumer.args);
  args.delete(name);
  const names = new Map<string, string>();
  for (const [own, tensor] of producer.args) {
    const [shared] = [...args].find(([, other]) => other === tensor) ?? [];
    names.set(own, shared ?? own + suffix);
    args.set(names.get(own)!, tensor);
  }
  const table = producer.table ?? consumer.table;
  if (args.size + (table ? 1 : 0) > MAX_ARGUMENTS) return null;
  for (const [, local] of producer.lines.matchAll(/\b(?:let|const) (\w+)/g))
    names.set(local!, local + suffix);
  for (const constant of Object.keys(producer.floats)) names.set(constant, constant + suffix);
  const renamed = (part: string): string =>
    part.replaceAll(/\b[A-Za-z_]\w*/g, (word) => names.get(word) ?? word);
  const value = `fused${suffix}`;
  return {
    out: consumer.out,
    args,
    lines: [
      renamed(producer.lines),
      `const ${value} = ${renamed(producer.result)};`,
      consumer.lines.replaceAll(element, value),
    ].join('\n'),
    result: consumer.result.replaceAll(element, value),
    floats: {
      ...consumer.floats,
      ...Object.fromEntries(Object.entries(producer.floats).map(([own, x]) => [own + suffix, x])),
    },
    functions: producer.functions.length > 0 ? producer.functions : consumer.functions,
    table,
    takesStep: producer.takesStep || consumer.takesStep,
    counter: producer.takesStep ? producer.counter : consumer.counter,
  };
}
