import { sha256 } from '../kernels/index.ts';
import { hashStates, type SavedTensor } from './checkpoint.ts';
import { epochOrder } from './epoch-order.ts';
import type { RunParts, TracedRun } from './traced-run.ts';

/** What runs of one seed share, as far as their conditions allow it; see `epochSchema`. */
export interface StartHashes {
  readonly initialHash: string;
  readonly orderHash: string;
}

/** Of a run that has not been trained yet. */
export async function hashStart(
  { seed, dataset, device }: RunParts,
  { network }: TracedRun,
): Promise<StartHashes> {
  const initial = new Map<string, SavedTensor>();
  for (const { weights, bias } of network.connections)
    for (const state of bias ? [weights, bias] : [weights])
      initial.set(state.name, {
        rows: state.rows,
        columns: state.columns,
        values: await device.read(state),
      });
  const order = epochOrder(seed, 0, dataset.train.images.count);
  return { initialHash: await hashStates(initial), orderHash: await sha256(new Uint8Array(order.buffer)) };
}
