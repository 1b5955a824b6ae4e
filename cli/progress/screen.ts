import { StringDecoder } from 'node:string_decoder';
import stringWidth from 'string-width';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_REST_OF_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/**
 * Lines at the bottom of a terminal that are drawn over and over. Each frame is one write in which the cursor is hidden, and ends
 * with the cursor below the lines: whatever ends the process, kill -9 included, leaves a terminal in order. What others write to the
 * stream meanwhile appears above.
 */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #write: NodeJS.WriteStream['write'];
  readonly #decoder = new StringDecoder('utf8');
  /** As they stand on the terminal. */
  #lines: readonly string[] = [];
  /** Whole lines for above since the last frame, and what others wrote that is no whole line yet. */
  #above = '';
  #half = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#write = stream.write;
    stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
      this.#half += typeof chunk === 'string' ? chunk : this.#decoder.write(Buffer.from(chunk));
      const end = this.#half.lastIndexOf('\n') + 1;
      this.#above += this.#half.slice(0, end);
      this.#half = this.#half.slice(end);
      const written = rest.at(-1);
      if (typeof written === 'function') written();
      return true;
    }) as typeof stream.write;
    process.on('SIGCONT', this.#forget);
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** A line above. */
  say(line: string): void {
    this.#above += `${line}\n`;
  }

  /** @param lines shorter than the terminal is wide, and fewer than it has rows */
  draw(lines: readonly string[]): void {
    if (this.#above === '' && isSame(lines, this.#lines)) return;
    this.#frame(lines);
  }

  /** Takes the lines away, and gives the stream back. */
  end(): void {
    process.off('SIGCONT', this.#forget);
    this.#stream.write = this.#write;
    if (this.#half !== '') this.say(this.#half);
    this.draw([]);
  }

  #frame(lines: readonly string[]): void {
    const up = this.#rowsDrawn();
    const text = lines.map((line) => `${line}${ERASE_REST_OF_LINE}\n`).join('');
    const parts = [
      HIDE_CURSOR,
      up > 0 ? `\u001b[${up}A` : '',
      '\r',
      this.#above === '' ? '' : `${ERASE_BELOW}${this.#above}`,
      `${text}${ERASE_BELOW}${SHOW_CURSOR}`,
    ];
    this.#write.call(this.#stream, parts.join(''));
    this.#lines = lines;
    this.#above = '';
  }

  /** A terminal that has become narrower has wrapped the lines. */
  #rowsDrawn(): number {
    return this.#lines.reduce(
      (rows, line) => rows + Math.max(1, Math.ceil(stringWidth(line) / this.columns)),
      0,
    );
  }

  /** After Ctrl-Z, a shell has written below the lines: the next ones stand below that. */
  readonly #forget = (): void => {
    this.#lines = [];
  };
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i]);
