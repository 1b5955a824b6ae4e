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

/**
 * The consumer with the producer's lines in front of its own.
 * @param name what the consumer calls the producer's result
 * @returns null where the two cannot be one kernel
 */
function fusePair(producer: KernelCall, consumer: KernelCall, name: string): KernelCall | null {
  const element = new RegExp(`\\b${name}\\[${Y}\\]\\[${X}\\]`, 'g');
  if (!readsOwnElement(consumer, name, element) || !fit(producer, consumer)) return null;
  const suffix = freeSuffix(consumer);
  const { args, names } = joinArguments(producer, consumer, name, suffix);
  const table = producer.table ?? consumer.table;
  if (args.size + (table ? 1 : 0) > MAX_ARGUMENTS) return null;
  const own = rename(producer, names, suffix);
  const value = `fused${suffix}`;
  const lines = [own.lines, `const ${value} = ${own.result};`, consumer.lines.replaceAll(element, value)];
  return {
    out: consumer.out,
    args,
    lines: lines.join('\n'),
    result: consumer.result.replaceAll(element, value),
    floats: { ...consumer.floats, ...own.floats },
    functions: producer.functions.length > 0 ? producer.functions : consumer.functions,
    table,
    takesStep: producer.takesStep || consumer.takesStep,
    counter: producer.takesStep ? producer.counter : consumer.counter,
  };
}

/** Does each thread read, of the argument `name`, the element in its own place alone? */
function readsOwnElement({ lines, result }: KernelCall, name: string, element: RegExp): boolean {
  const reads = (pattern: RegExp): number => `${lines};${result}`.split(pattern).length;
  return reads(new RegExp(`\\b${name}\\[`)) === reads(element);
}

/** One kernel computes one shape, takes one row of the counters, and holds one table. */
function fit(producer: KernelCall, consumer: KernelCall): boolean {
  const [a, b] = [producer.out, consumer.out];
  const oneStep = !producer.takesStep || !consumer.takesStep || producer.counter === consumer.counter;
  return a.rows === b.rows && a.columns === b.columns && oneStep && !(producer.table && consumer.table);
}

/** For names of the producer that the consumer may have too: no name had it before. */
const freeSuffix = ({ lines }: KernelCall): string => `_${lines.split('const fused_').length - 1}`;

/** The arguments of both, a tensor of both once; and the names of the producer's arguments among them. */
function joinArguments(producer: KernelCall, consumer: KernelCall, name: string, suffix: string) {
  const args = new Map(consumer.args);
  args.delete(name);
  const names = new Map<string, string>();
  for (const [own, tensor] of producer.args) {
    const [shared] = [...args].find(([, other]) => other === tensor) ?? [];
    const joined = shared ?? own + suffix;
    names.set(own, joined);
    args.set(joined, tensor);
  }
  return { args, names };
}

/** The text and the constants of a call, with new names for arguments and a suffix behind all others. */
function rename(
  { lines, result, floats }: KernelCall,
  argumentNames: ReadonlyMap<string, string>,
  suffix: string,
): Pick<KernelCall, 'lines' | 'result' | 'floats'> {
  const names = new Map(argumentNames);
  for (const [, local] of lines.matchAll(/\b(?:let|const) (\w+)/g)) names.set(local!, local + suffix);
  for (const constant of Object.keys(floats)) names.set(constant, constant + suffix);
  const renamed = (text: string): string =>
    text.replaceAll(/\b[A-Za-z_]\w*/g, (word) => names.get(word) ?? word);
  return {
    lines: renamed(lines),
    result: renamed(result),
    floats: Object.fromEntries(Object.entries(floats).map(([constant, x]) => [constant + suffix, x])),
  };
}
