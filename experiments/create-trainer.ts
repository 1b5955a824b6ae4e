import { type DeviceOptions, openDevice } from '../devices/index.ts';
import type { Device } from '../kernels/index.ts';
import { createTrainer as createOnDevice, type Trainer, type TrainerInput } from '../training/index.ts';

/** A run: its rule, dataset, seed, task, settings, options and device. */
export interface CreateTrainerOptions extends Omit<TrainerInput, 'device'> {
  /** A device that is open, or what to open; `auto` when left out. The trainer disposes of it. */
  readonly device?: Device | DeviceOptions;
}

/**
 * A run of one rule, by name or in memory, to be stepped, saved and loaded.
 * @throws UserError for an unknown rule, option, setting, task or device, or values that do not fit together or the dataset
 */
export async function createTrainer({ device = {}, ...input }: CreateTrainerOptions): Promise<Trainer> {
  const opened = 'info' in device ? device : await openDevice(device);
  try {
    return await createOnDevice({ ...input, device: opened });
  } catch (error) {
    await opened.dispose();
    throw error;
  }
}
