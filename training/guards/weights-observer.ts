import type { Connection } from '../../networks/index.ts';
import type { ObservedConnection } from './guard.ts';
import type { GuardedRun } from './guarded-run.ts';

/** A checksum of the weights of each connection, by name: equal weights have equal ones. */
export type Checksums = ReadonlyMap<string, number>;

/** The weights of all connections that guards look at. */
export class WeightsObserver {
  readonly #run: GuardedRun;
  readonly #connections: ReadonlySet<Connection>;
  readonly #usualSizes = new Map<Connection, number>();
  /** As the epoch at hand began; null: that is not known. */
  epochStart: Checksums | null = null;

  private constructor(run: GuardedRun) {
    this.#run = run;
    this.#connections = new Set([...run.network.connections, ...run.taught]);
  }

  /** Of a run that has not been trained yet. */
  static async atStart(run: GuardedRun): Promise<WeightsObserver> {
    const observer = new WeightsObserver(run);
    const observed = await observer.#read();
    for (const [connection, { size }] of observed)
      observer.#usualSizes.set(connection, Math.max(size, 1 / Math.sqrt(connection.from.size)));
    observer.epochStart = checksumsOf(observed);
    return observer;
  }

  /** What an epoch has made of the weights; the next one begins. */
  async observe(): Promise<ObservedConnection[]> {
    const observed = await this.#read();
    const before = this.epochStart;
    this.epochStart = checksumsOf(observed);
    return [...observed].map(([connection, { size, checksum }]) => ({
      name: connection.name,
      isTaught: this.#run.taught.has(connection),
      isUnchanged: before && before.get(connection.name) === checksum,
      size,
      usualSize: this.#usualSizes.get(connection)!,
    }));
  }

  /** An epoch begins with the weights as they are. */
  async begin(): Promise<void> {
    this.epochStart = checksumsOf(await this.#read());
  }

  async #read(): Promise<Map<Connection, Summary>> {
    const { device } = this.#run.kernels;
    const read = new Map<Connection, Summary>();
    for (const connection of this.#connections)
      read.set(connection, summarize(await device.read(connection.weights)));
    return read;
  }
}

interface Summary {
  readonly size: number;
  readonly checksum: number;
}

const checksumsOf = (observed: ReadonlyMap<Connection, Summary>): Checksums =>
  new Map([...observed].map(([{ name }, { checksum }]) => [name, checksum]));

/** In one pass. The checksum is FNV-1a over words of 32 bits, which any change of a single weight changes. */
function summarize(values: Float32Array): Summary {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let squares = 0;
  let checksum = 0x811c9dc5;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    squares += value * value;
    checksum = Math.imul(checksum ^ bits[i]!, 0x01000193);
  }
  return { size: Math.sqrt(squares / values.length), checksum: checksum >>> 0 };
}
