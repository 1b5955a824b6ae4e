import { loadDataset } from '../data/index.ts';
import type { Device, Executable, Program, Tensor } from '../kernels/index.ts';
import { planCosts } from '../kernels/inspect.ts';
import { findRule } from '../rules/index.ts';
import { findTask, resolveCondition, traceRun } from '../training/index.ts';

/**
 * What the gpu device does for each minibatch of a rule besides arithmetic: kernels launched, bytes sent and got back.
 * Counted from the traced step, so it needs no GPU: `node --import tsx bench/gpu-plan.ts [rule ...]`.
 */

/** Keeps what is traced, and computes nothing. */
class Listener implements Device {
  readonly info = {
    name: 'reference',
    backend: 'none',
    blas: null,
    executorKind: null,
    fallbackReason: null,
    hardware: 'none',
  } as const;
  readonly capabilities = { stepsPerCall: 100, replicas: () => 1 };
  readonly programs: Program[] = [];

  allocate(): void {}
  async write(): Promise<void> {}
  async read({ rows, columns }: Tensor): Promise<Float32Array> {
    return new Float32Array(rows * columns);
  }
  async compile(program: Program): Promise<Executable> {
    this.programs.push(program);
    return { run: async () => {}, dispose() {} };
  }
  liveBuffers(): number {
    return 0;
  }
  async dispose(): Promise<void> {}
}

const STEPS = 100;
const RULES = ['backprop', 'feedback-alignment', 'equilibrium-propagation', 'segregated-dendrite'];
const OPTIONS: Record<string, Record<string, unknown>> = { 'segregated-dendrite': { phases: 'fixed' } };

const dataset = await loadDataset('mnist');
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;

async function row(name: string): Promise<Record<string, unknown>> {
  const definition = findRule(name);
  const device = new Listener();
  await traceRun({
    condition: resolveCondition(definition, { options: OPTIONS[name] ?? {} }),
    definition,
    seed: 1,
    task: findTask('classify'),
    diagnostics: [],
    dataset,
    datasetHash: '',
    device,
  });
  const step = device.programs[0]!;
  const costs = planCosts(step, STEPS);
  return {
    rule: name,
    batch: step.batch,
    'launches a minibatch': costs.launches / STEPS,
    sent: kilobytes(costs.uploaded),
    'if tables were sent': kilobytes(planCosts(step, STEPS, { resident: false }).uploaded),
    'got back': kilobytes(costs.readBack),
    'sent once': kilobytes(costs.resident),
  };
}

const names = process.argv.slice(2);
const rows = [];
for (const name of names.length > 0 ? names : RULES) rows.push(await row(name));
console.log(`784-500-10, in chunks of ${STEPS} minibatches with one upload and one readback each`);
console.table(rows);
