import type { DeviceOptions } from '../devices/index.ts';
import type { Timing } from './clock.ts';

/** One run to measure; plain data, for a process and a worker thread. */
export interface Order extends Timing {
  readonly device: DeviceOptions;
  /** Seeds at the same time on a GPU, as far as the device takes them; 1 when left out. */
  readonly replicas?: number;
  /** Also find out where the time goes. */
  readonly profiled?: boolean;
}
