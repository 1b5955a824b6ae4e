import type { Table } from '../../kernels/index.ts';
import type { EpochRecord } from '../epoch.ts';
import { deadLayer } from './dead-layer.ts';
import { explodingWeights } from './exploding-weights.ts';
import type { Guard } from './guard.ts';
import type { GuardedRun } from './guarded-run.ts';
import { observePopulations } from './population-observer.ts';
import { saturatedLayer } from './saturated-layer.ts';
import { unsettled } from './unsettled.ts';
import { type Checksums, WeightsObserver } from './weights-observer.ts';
import { zeroUpdate } from './zero-update.ts';

export type { Finding, Guard, ObservedEpoch } from './guard.ts';
export type { Checksums } from './weights-observer.ts';

/** What every run is looked at for, in the order of lists. */
export const GUARDS: readonly Guard[] = [deadLayer, saturatedLayer, zeroUpdate, explodingWeights, unsettled];

/** What guards have found after an epoch. */
export type Guarded = NonNullable<EpochRecord['guards']>;

/** What a guard has found in a run, when it first did. */
export type Fired = Guarded[number] & Pick<EpochRecord, 'epoch'>;

/** What guards have found in a run: once for each layer, with the first epoch. */
export function firedIn(epochs: readonly EpochRecord[]): Fired[] {
  const fired = new Map<string, Fired>();
  for (const { epoch, guards = [] } of epochs)
    for (const found of guards) {
      const key = `${found.guard} ${found.layer}`;
      if (!fired.has(key)) fired.set(key, { ...found, epoch });
    }
  return [...fired.values()];
}

/** The guards of one run. */
export interface Guards {
  /** Looks at the run after an epoch. It changes nothing that training depends on. */
  find(epoch: Pick<EpochRecord, 'epoch' | 'trainLoss'>): Promise<Guarded>;
  /** The weights as the epoch at hand began; null: that is not known, and whether they change in it is not judged. */
  epochStart: Checksums | null;
  /** An epoch begins with the weights as they are. */
  begin(): Promise<void>;
}

/**
 * Prepares the guards of a run that has not been trained yet.
 * @param table of the training images
 */
export async function prepareGuards(run: GuardedRun, table: Table): Promise<Guards> {
  const populations = await observePopulations(run, table);
  const weights = await WeightsObserver.atStart(run);
  return {
    async find({ epoch, trainLoss }) {
      const observed = {
        ...{ epoch, trainLoss, images: populations.images },
        populations: await populations.observe(),
        connections: await weights.observe(),
      };
      return GUARDS.flatMap(({ name, find }) =>
        find(observed).map((finding) => ({ guard: name, ...finding })),
      );
    },
    get epochStart() {
      return weights.epochStart;
    },
    set epochStart(checksums) {
      weights.epochStart = checksums;
    },
    begin: () => weights.begin(),
  };
}
