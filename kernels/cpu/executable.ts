import type { Executable, Feed } from '../device.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import type { Command, Engine, StepState } from './command.ts';
import { commandOf } from './commands.ts';
import { layOut } from './memory.ts';
import { sparseInputs, sparseRoom } from './sparse-input.ts';

/** A program as a list of commands, over a region of the arena that holds its host scalars and temporaries. */
export class CpuExecutable implements Executable {
  readonly #program: Program;
  readonly #engine: Engine;
  readonly #now: StepState = { step: 0, counter: 0, rows: new Uint32Array(0), firstRow: 0, base: 0 };
  readonly #region: number;
  readonly #commands: readonly Command[];
  #disposed = false;

  /** @param placeState gives the address of a state tensor */
  constructor(program: Program, engine: Engine, placeState: (tensor: Tensor) => number) {
    this.#program = program;
    this.#engine = engine;
    const { offsets, bytes } = layOut(program);
    this.#region = engine.arena.allocate(bytes + sparseRoom(program, engine));
    const place = (t: Tensor): number =>
      t.storage === 'state' ? placeState(t) : this.#region + offsets.get(t)!;
    try {
      this.#commands = [...this.#scalarCommands(place), ...this.#opCommands(place, this.#region + bytes)];
    } catch (error) {
      engine.arena.release(this.#region);
      throw error;
    }
  }

  #scalarCommands(place: (tensor: Tensor) => number): Command[] {
    return this.#program.hostScalars.map(({ tensor, value }) => {
      const index = place(tensor) / Float32Array.BYTES_PER_ELEMENT;
      return () => {
        this.#engine.arena.floats[index] = value(this.#now);
      };
    });
  }

  /** @param lists address of the room for sparse inputs */
  #opCommands(place: (tensor: Tensor) => number, lists: number): Command[] {
    const parts = { ...this.#engine, now: this.#now, place };
    const context = { ...parts, sparseInputs: sparseInputs(this.#program, lists, parts) };
    return this.#program.ops.map((op) => commandOf(op, context));
  }

  /** All steps have been done when the promise is there. */
  async run({ steps, firstStep, rows }: Feed): Promise<void> {
    const { name, batch } = this.#program;
    if (this.#disposed) throw new Error(`'${name}' cannot run: it was disposed of`);
    if (rows.length < steps * batch)
      throw new Error(`'${name}' got ${rows.length} row numbers for ${steps} step(s) of ${batch}`);
    const { arena, blas } = this.#engine;
    const now = this.#now;
    // The memory may have grown, and so moved, since the last call.
    if (blas) now.base = blas.addressOf(arena.memory.buffer);
    now.rows = rows;
    for (let i = 0; i < steps; i++) {
      now.step = firstStep + i;
      now.counter = now.step;
      now.firstRow = i * batch;
      for (const command of this.#commands) command();
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#engine.arena.release(this.#region);
  }
}
