import type { Started } from '../../experiments/index.ts';
import { CLOCK, type Clock } from './clock.ts';
import { liveView } from './live-view.ts';
import { plainLines } from './plain-lines.ts';
import type { Progress } from './progress.ts';
import { Sweep } from './sweep.ts';
import { Words } from './words.ts';

export type { Progress } from './progress.ts';

/** A live view on a terminal, a line from time to time elsewhere. */
export function createProgress(
  stream: NodeJS.WriteStream,
  started: Pick<Started, 'experiment' | 'runs' | 'toDo'>,
  clock: Clock = CLOCK,
): Progress {
  const sweep = new Sweep(started, clock);
  // A dumb terminal cannot move its cursor.
  const isLive = stream.isTTY && process.env.TERM !== 'dumb';
  return (isLive ? liveView : plainLines)(stream, sweep, new Words(started.experiment), clock);
}
