import { parseArgs } from 'node:util';
import { loadDataset } from '../data/index.ts';
import type { Device, Executable, Program, Tensor } from '../kernels/index.ts';
import { planCosts } from '../kernels/inspect.ts';
import { findRule } from '../rules/index.ts';
import { findTask, resolveCondition, traceRun } from '../training/index.ts';

/**
 * What the gpu device does for each minibatch of a rule besides arithmetic: kernels launched, bytes sent and got back, and
 * what would travel too if states or tables did not lie on the device. Counted from the traced step, so it needs no GPU:
 * `node --import tsx bench/gpu-plan.ts [--replicas <seeds in lockstep>] [rule ...]`.
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
const { values: flags, positionals } = parseArgs({
  options: { replicas: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const replicas = Number(flags.replicas);
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
  const costs = planCosts(step, STEPS, { replicas });
  const travelling = planCosts(step, STEPS, { replicas, keepsStates: false });
  return {
    rule: name,
    batch: step.batch,
    'launches a minibatch': costs.launches / STEPS,
    sent: kilobytes(costs.uploaded),
    'got back': kilobytes(costs.readBack),
    'sent with states': kilobytes(travelling.uploaded),
    'got back with states': kilobytes(travelling.readBack),
    'sent with tables': kilobytes(planCosts(step, STEPS, { replicas, resident: false }).uploaded),
    'tables, sent once': kilobytes(costs.resident),
  };
}

const rows = [];
for (const name of positionals.length > 0 ? positionals : RULES) rows.push(await row(name));
console.log(`784-500-10, in chunks of ${STEPS} minibatches, seeds in lockstep: ${replicas}`);
console.table(rows);
