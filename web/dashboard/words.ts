import type { ComparisonState } from '../../cli/serve/api.ts';

/** A time in UTC, as reports write it: '2026-01-31 17:05'. */
export const dateText = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;

const UNITS = [
  ['s', 1],
  ['min', 60],
  ['h', 3600],
  ['days', 86_400],
] as const;

/** '40 s', '12 min', '3.5 h'. */
export function durationText(seconds: number): string {
  const [unit, size] = UNITS.findLast(([, one]) => seconds >= 2 * one) ?? UNITS[0];
  return `${Number((seconds / size).toPrecision(2))} ${unit}`;
}

/** When it will be, by the clock of the reader: '17:05', with the day where it is not today. */
export function endText(secondsLeft: number, now = new Date()): string {
  const end = new Date(now.getTime() + 1000 * secondsLeft);
  const time = end.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return end.toDateString() === now.toDateString()
    ? time
    : `${end.toLocaleDateString([], { month: 'short', day: 'numeric' })}, ${time}`;
}

export const STATE_WORDS: Readonly<Record<ComparisonState, string>> = {
  running: 'running',
  waiting: 'waiting in Slurm',
  stopped: 'stopped',
  ended: 'ended',
  damaged: 'damaged',
};
