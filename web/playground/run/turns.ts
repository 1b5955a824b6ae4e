/** Who asked first comes first, and one at a time. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** @returns what ends the turn, once it has begun */
  async take(): Promise<() => void> {
    const before = this.#last;
    let end = (): void => {};
    this.#last = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }
}
