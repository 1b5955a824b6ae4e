import stringWidth from 'string-width';

const CODE_OR_SIGN = /(\p{Cc}\[\??\d*[A-Za-z])|(.)/gsu;

/** A terminal in memory, with what the live view needs of one. */
export class Terminal {
  readonly isTTY = true;
  columns: number;
  rows: number;
  /** All lines, those that have left the screen at the top first. */
  lines: string[] = [''];
  /** Texts as they were written. */
  readonly writes: string[] = [];
  /** Lines that were longer than the terminal is wide. */
  wrapped = 0;
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** As a stream of a process. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  /** What is on it, without the empty lines at the end. */
  get text(): string {
    return this.lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  write(text: string): boolean {
    this.writes.push(text);
    for (const [, code, sign] of text.matchAll(CODE_OR_SIGN)) {
      if (code !== undefined) this.#move(code);
      else this.#put(sign!);
    }
    return true;
  }

  /** Puts the cursor at the beginning of a line. */
  move(row: number): void {
    this.#row = row;
    this.#column = 0;
  }

  #move(code: string): void {
    const [, number, letter] = /^.\[\??(\d*)(.)$/.exec(code)!;
    const line = this.lines[this.#row]!;
    switch (letter) {
      case 'A':
        // The top of the screen is as far as it goes.
        this.#row = Math.max(this.#row - Number(number), this.lines.length - this.rows, 0);
        return;
      case 'K':
        this.lines[this.#row] = line.slice(0, this.#column);
        return;
      case 'J':
        this.lines[this.#row] = line.slice(0, this.#column);
        this.lines.length = this.#row + 1;
        return;
      case 'h':
      case 'l':
        return;
      default:
        throw new Error(`the terminal does not know ${JSON.stringify(code)}`);
    }
  }

  #put(sign: string): void {
    if (sign === '\r') this.#column = 0;
    else if (sign === '\n') this.#newLine();
    else {
      if (this.#column + stringWidth(sign) > this.columns) {
        this.wrapped++;
        this.#newLine();
      }
      const line = this.lines[this.#row]!.padEnd(this.#column);
      this.lines[this.#row] = line.slice(0, this.#column) + sign + line.slice(this.#column + 1);
      this.#column += 1;
    }
  }

  #newLine(): void {
    this.#column = 0;
    this.#row++;
    this.lines[this.#row] ??= '';
  }
}
