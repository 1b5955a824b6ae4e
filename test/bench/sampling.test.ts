import type { Profiler } from 'node:inspector';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { divide } from '../../bench/sampling.ts';

const frame = (functionName: string, url = '', columnNumber = 0) => ({
  functionName,
  url,
  scriptId: url,
  lineNumber: 0,
  columnNumber,
});
const KERNELS = 'wasm://wasm/1';
const COMMANDS = 'file:///kernels/cpu/commands.ts';
const SOURCE = 'function gatherFloats(){return()=>{}}function product(){return()=>{}}';

/** A tree in which each stack is a path from the root, and one sample of 1 us at the end of each. */
function profileOf(stacks: ReturnType<typeof frame>[][]): Profiler.Profile {
  const nodes: Profiler.ProfileNode[] = [{ id: 0, callFrame: frame('(root)'), children: [] }];
  const samples = stacks.map((stack) =>
    stack.reduce((parent, callFrame) => {
      const id = nodes.length;
      nodes[parent]!.children!.push(id);
      nodes.push({ id, callFrame, children: [] });
      return id;
    }, 0),
  );
  return { nodes, startTime: 0, endTime: 1, samples, timeDeltas: samples.map(() => 1) };
}

const sharesOf = (...stacks: ReturnType<typeof frame>[][]) =>
  divide(profileOf(stacks), new Map([['wasm-function[7]', 'product']]), (id) =>
    id === COMMANDS ? SOURCE : undefined,
  );

const command = frame('', COMMANDS, SOURCE.indexOf('()=>', SOURCE.indexOf('product')));
const gathering = frame('', COMMANDS, SOURCE.indexOf('()=>'));

test('a kernel counts with what it calls, by its name', () => {
  const inner = frame('wasm-function[3]', KERNELS);
  assert.equal(sharesOf([command, frame('wasm-function[7]', KERNELS), inner]), { products: 1 });
});

test('a module of one function is a map', () => {
  const kernel = [command, frame('wasm-function[7]', KERNELS)];
  assert.equal(sharesOf(kernel, [frame('run'), frame('wasm-function[0]', 'wasm://wasm/2')]), {
    products: 0.5,
    maps: 0.5,
  });
});

test('a native function that a command calls is the BLAS', () => {
  assert.equal(sharesOf([command, frame('cblas_sgemm')]), { products: 1 });
});

test('a command without a name is known by the function that made it', () => {
  assert.equal(sharesOf([command], [gathering]), { JavaScript: 0.5, 'gather and scatter': 0.5 });
});

test('evaluation and the inspector itself are left out', () => {
  const evaluation = frame('error', 'file:///training/evaluation.ts');
  assert.equal(sharesOf([command], [evaluation, frame('wasm-function[7]', KERNELS)], [frame('dispatch')]), {
    JavaScript: 1,
  });
});

test('garbage collection is the engine', () => {
  assert.equal(sharesOf([frame('(garbage collector)')]), { engine: 1 });
});

test.run();
