import type { Executable, Feed } from '../device.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { Replica } from './chunk.ts';
import { GpuExecutable, type Host, makeReplica } from './executable.ts';

/** A device that takes part, which is known by its states. */
export type Member = ReadonlySet<Tensor>;

/** The traces of one program, one for each member that has not disposed of it. */
interface Slot {
  readonly replicas: Map<Member, Replica>;
  executable: GpuExecutable | null;
}

interface Waiting {
  readonly slot: Slot;
  readonly feed: Feed;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Devices that run the same programs at the same time, each with its own values: several seeds of one rule. Each member
 * traces its programs in the same order, and asks for a run of them when it likes; once all have asked, they run as one.
 * A member that leaves, because its run failed or has ended, is waited for no longer. A device on its own is a group of
 * one.
 */
export class Lockstep {
  readonly #host: Host;
  readonly #members = new Set<Member>();
  /** In the order in which members trace; the map holds how many each has traced. */
  readonly #slots: Slot[] = [];
  readonly #traced = new Map<Member, number>();
  readonly #waiting = new Map<Member, Waiting>();
  readonly #released: Promise<void>[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  join(member: Member): void {
    this.#members.add(member);
  }

  compile(member: Member, program: Program): Executable {
    const replica = makeReplica(this.#host.backend, program);
    const { reads, writes } = replica.lowered;
    const foreign = [...reads, ...writes.keys()].find((tensor) => !member.has(tensor));
    if (foreign) throw new Error(`'${program.name}' uses the state '${foreign.name}' of another device`);
    const number = this.#traced.get(member) ?? 0;
    this.#traced.set(member, number + 1);
    const slot = this.#slots[number] ?? { replicas: new Map(), executable: null };
    this.#slots[number] = slot;
    slot.replicas.set(member, replica);
    return {
      run: (feed) => {
        if (!slot.replicas.has(member)) throw new Error(`'${program.name}' has been disposed and cannot run`);
        return new Promise((resolve, reject) => {
          this.#waiting.set(member, { slot, feed, resolve, reject });
          this.#runTogether();
        });
      },
      dispose: () => this.#remove(member, slot),
    };
  }

  liveBuffers(): number {
    return this.#slots.reduce((total, { executable }) => total + (executable?.liveBuffers() ?? 0), 0);
  }

  async leave(member: Member): Promise<void> {
    this.#members.delete(member);
    for (const slot of this.#slots) this.#remove(member, slot);
    if (this.#waiting.size > 0) this.#runTogether();
    await Promise.all(this.#released.splice(0));
  }

  /** The others would run on with a smaller plan, made when they next ask. */
  #remove(member: Member, slot: Slot): void {
    if (!slot.replicas.delete(member) || !slot.executable) return;
    this.#released.push(slot.executable.dispose());
    slot.executable = null;
  }

  #runTogether(): void {
    if (this.#waiting.size < this.#members.size) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#run(new Map(waiting)).then(
      () => waiting.map(([, { resolve }]) => resolve()),
      (error) => waiting.map(([, { reject }]) => reject(error)),
    );
  }

  async #run(waiting: ReadonlyMap<Member, Waiting>): Promise<void> {
    const [{ slot, feed }] = [...waiting.values()] as [Waiting];
    for (const other of waiting.values())
      if (other.slot !== slot || other.feed.steps !== feed.steps || other.feed.firstStep !== feed.firstStep)
        throw new Error('the runs of several seeds got out of step');
    slot.executable ??= new GpuExecutable(this.#host, [...slot.replicas.values()]);
    await slot.executable.run([...slot.replicas.keys()].map((member) => waiting.get(member)!.feed));
  }
}
