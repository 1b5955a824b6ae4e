import { openCpu, RULES } from '../../browser.ts';
import kernels from '../../kernels/cpu/kernels.wasm?url';
import { type ConformanceRun, conformanceRun } from './conformance-run.ts';

/** Trains every rule in the page, and leaves what they came to for the test. */
async function runAll(): Promise<ConformanceRun[]> {
  const bytes = new Uint8Array(await (await fetch(kernels)).arrayBuffer());
  const runs: ConformanceRun[] = [];
  for (const rule of RULES)
    runs.push(await conformanceRun(rule, await openCpu(bytes, { hardware: 'a browser', blas: null })));
  return runs;
}

const result = document.querySelector('pre')!;
runAll().then(
  (runs) => {
    result.textContent = JSON.stringify({ runs, shared: typeof SharedArrayBuffer });
    result.dataset.state = 'done';
  },
  (error: Error) => {
    result.textContent = error.stack ?? error.message;
    result.dataset.state = 'failed';
  },
);
