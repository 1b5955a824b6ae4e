import type { Kernels, Table, Tensor } from '../../kernels/index.ts';
import type { ObservedPopulation } from './guard.ts';
import type { GuardedRun } from './guarded-run.ts';
import { isAtAnEnd } from './range-ends.ts';

/** Images that are shown: enough to tell a dead layer, so few that they take no time beside an epoch. */
const IMAGES = 100;
/** Share of the largest rate below which a neuron is silent. */
const SILENCE = 1e-6;

/** Shows images and reads what every population did. It changes nothing that training depends on. */
export interface PopulationObserver {
  readonly images: number;
  observe(): Promise<ObservedPopulation[]>;
}

/** @param table of the training images, of which some are shown, evenly spread over all */
export async function observePopulations(
  { kernels: k, network, rule, respond, evaluationBatchSize }: GuardedRun,
  table: Table,
): Promise<PopulationObserver> {
  const images = Math.min(IMAGES, evaluationBatchSize, table.count);
  const rows = Uint32Array.from({ length: images }, (_, i) => Math.floor((i * table.count) / images));
  const above = network.populations.slice(1);
  const { maximalRate = 1 } = network;
  const read: (() => Promise<ObservedPopulation>)[] = [];
  const executable = await k.trace('guards', () => {
    const input = k.gather(table, images);
    const { firingRates, residuals } = rule.settle?.(input) ?? { firingRates: respond(input), residuals: [] };
    for (const [l, { name, size, activation }] of above.entries()) {
      const rates = firingRates[l]!;
      const times = k.result(`guards: activity of ${name}`, 1, size);
      k.sum(
        k.map((r, least) => (Math.abs(r) > least ? 1 : 0), rates, SILENCE * maximalRate),
        { over: 'rows', into: times },
      );
      const atAnEnd = isAtAnEnd(activation);
      const ends = atAnEnd && meanOf(k, `guards: ends of ${name}`, k.map(atAnEnd, rates, maximalRate));
      const squares = residuals[l] && k.map((s) => s * s, residuals[l]);
      const square = squares ? meanOf(k, `guards: residual of ${name}`, squares) : null;
      read.push(async () => ({
        ...{ name, size, activation, isOutput: l === above.length - 1 },
        silent: (await k.device.read(times)).filter((count) => count === 0).length,
        atAnEnd: ends && (await ends()),
        residual: square && Math.sqrt(await square()),
      }));
    }
  });
  return {
    images,
    async observe() {
      await executable.run({ steps: 1, firstStep: 0, rows });
      const observed: ObservedPopulation[] = [];
      for (const one of read) observed.push(await one());
      return observed;
    },
  };
}

/** Traces the mean of all values. */
function meanOf(k: Kernels, name: string, values: Tensor): () => Promise<number> {
  const mean = k.result(name, 1, 1);
  k.sum(values, { over: 'all', scale: 1 / (values.rows * values.columns), into: mean });
  return async () => (await k.device.read(mean))[0]!;
}
