import { readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { Observer } from './clock.ts';

const INTERVAL_US = 100;
const JAVASCRIPT = 'JavaScript';
/** Garbage collection, calls into V8, and what cannot be told. */
const ENGINE = 'engine';

/** Kernels of the WebAssembly module, and functions of the CPU device, by what they do. */
const GROUPS: readonly (readonly [RegExp, string])[] = [
  [/product|^accumulateDelta/i, 'products'],
  [/^transpose/, 'transposes'],
  [/^(sum|dot|argmax)/, 'reductions'],
  [/^softmax/, 'softmax'],
  [/^(uniform|normal|bernoulli|spikes)/, 'random numbers'],
  [/^(gather|scatter|scaleBytes|list)/, 'gather and scatter'],
  [/^convolve/, 'synapses'],
];

/** Part of the time of each group of kernels; they add up to 1. */
export type Shares = Record<string, number>;

/**
 * Asks V8, some thousand times a second, where this thread is between `begin` and `end`. It looks at the engine from
 * outside, so that what runs is what always runs.
 * @param fused whether the kernels are those with fused multiply-add
 */
export function sampler(fused: boolean): Observer & { shares(): Promise<Shares> } {
  const session = new Session();
  session.connect();
  let stopped: Promise<{ profile: Profiler.Profile }>;
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  return {
    begin() {
      session.post('Profiler.start');
    },
    end() {
      stopped = session.post('Profiler.stop');
    },
    async shares() {
      const { profile } = await stopped;
      await session.post('Debugger.enable');
      const sources = new Map<string, string>();
      for (const { callFrame } of profile.nodes)
        if (/kernels\/cpu\/[^/]+$/.test(callFrame.url) && !sources.has(callFrame.scriptId)) {
          const { scriptId } = callFrame;
          sources.set(scriptId, (await session.post('Debugger.getScriptSource', { scriptId })).scriptSource);
        }
      session.disconnect();
      return divide(profile, kernelNames(fused), (id) => sources.get(id));
    },
  };
}

/** Names of the exported functions of the kernels by their number, which is what a sample knows them by. */
function kernelNames(fused: boolean): Map<string, string> {
  const bytes = readFileSync(new URL(`../kernels/cpu/kernels${fused ? '-fma' : ''}.wasm`, import.meta.url));
  const memory = new WebAssembly.Memory({ initial: 16 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return new Map(
    Object.entries(exports).flatMap(([name, value]) =>
      typeof value === 'function' ? [[`wasm-function[${value.name}]`, name]] : [],
    ),
  );
}

type Frame = Profiler.ProfileNode['callFrame'];

/**
 * Divides the samples of training among groups: by the outermost WebAssembly function that was running, or else by the
 * innermost frame. Evaluation is not part of it.
 */
export function divide(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  kernels: ReadonlyMap<string, string>,
  sourceOf: (scriptId: string) => string | undefined,
): Shares {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  // A map is a module with one function; the kernels are one with many.
  const many = new Set(
    nodes.flatMap(({ callFrame: { functionName, url } }) =>
      isKernel(functionName) && !functionName.endsWith('[0]') ? [url] : [],
    ),
  );
  const groupOf = (leaf: number): string | null => {
    const frames: Frame[] = [];
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id))
      frames.push(byId.get(id)!.callFrame);
    if (frames.some(({ url }) => /training\/evaluation\.[jt]s$/.test(url))) return null;
    const inside = frames.findLast(
      ({ functionName, url }) => url.startsWith('wasm:') && !functionName.startsWith('js-to-wasm'),
    );
    if (inside)
      return many.has(inside.url)
        ? nameGroup(kernels.get(inside.functionName) ?? inside.functionName)
        : 'maps';
    return frameGroup(frames, sourceOf);
  };
  const shares: Shares = {};
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const group = groupOf(id);
    if (group === null) continue;
    shares[group] = (shares[group] ?? 0) + timeDeltas[i]!;
    total += timeDeltas[i]!;
  }
  return Object.fromEntries(
    Object.entries(shares)
      .sort(([, a], [, b]) => b - a)
      .map(([group, time]) => [group, time / total]),
  );
}

const isKernel = (name: string): boolean => name.startsWith('wasm-function[');

/** A kernel that is new gets a group of its own; a stack that was cut off belongs to none. */
const nameGroup = (name: string): string =>
  isKernel(name) ? ENGINE : (GROUPS.find(([pattern]) => pattern.test(name))?.[1] ?? name);

function frameGroup(
  [leaf, caller]: readonly Frame[],
  sourceOf: (id: string) => string | undefined,
): string | null {
  const { functionName, url, scriptId, lineNumber, columnNumber } = leaf!;
  // The inspector itself.
  if (functionName === 'dispatch' || url.startsWith('node:inspector')) return null;
  if (functionName.startsWith('(')) return ENGINE;
  if (url === '') return caller && /kernels\/cpu\//.test(caller.url) ? 'products' : ENGINE;
  const source = sourceOf(scriptId);
  if (source === undefined) return JAVASCRIPT;
  const before = source.split('\n').slice(0, lineNumber + 1);
  before.push(before.pop()!.slice(0, Math.max(0, columnNumber)));
  // A command is a function without a name, made by one with a name.
  const maker = functionName || [...before.join('\n').matchAll(/function\s+(\w+)/g)].at(-1)?.[1] || '';
  return /^(gather|scatter)/.test(maker) ? 'gather and scatter' : JAVASCRIPT;
}
