import { spawnSync } from 'node:child_process';
import { type CommandResult, execute } from './dendrite.ts';

/** Runs a program in a pseudo terminal, which Python's standard library can make and Node's cannot. */
const PROGRAM = `
import fcntl, os, pty, signal, struct, sys, termios, time
columns, text, presses = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
kills = presses < 0
pid, terminal = pty.fork()
if pid == 0:
    time.sleep(0.2) # until the size is set
    os.execvp(sys.argv[4], sys.argv[4:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24 if columns else 0, columns, 0, 0))
seen = b''
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    seen += data
    if kills and text in seen:
        os.kill(pid, signal.SIGKILL)
    elif presses and text in seen:
        for _ in range(presses):
            os.write(terminal, b'\\x03')
            time.sleep(0.05)
        presses = 0
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(seen)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

/** Why there is no pseudo terminal here, or null. */
export const missingTerminal: string | null =
  spawnSync('python3', ['-c', 'import pty']).status === 0 ? null : 'there is no python3 with the module pty';

/** A terminal, and when Ctrl-C is pressed in it or the process is killed. */
export interface TerminalUse {
  /** 0: the terminal does not know. */
  readonly columns: number;
  readonly ctrlC?: { readonly after: string; readonly times: number };
  /** What is shown when the process is killed. */
  readonly kill?: string;
}

/** Runs `dendrite` from the source in a terminal; both outputs come as one. */
export const inTerminal = (
  { columns, ctrlC, kill }: TerminalUse,
  ...args: string[]
): Promise<CommandResult> =>
  execute('python3', [
    ...['-c', PROGRAM, String(columns), kill ?? ctrlC?.after ?? ''],
    String(kill === undefined ? (ctrlC?.times ?? 0) : -1),
    ...[process.execPath, '--import', 'tsx', 'cli/main.ts', ...args],
  ]);
