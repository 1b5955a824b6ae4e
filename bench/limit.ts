import type { ProfileEntry } from './profile.ts';

/** What the machine can do at most on one thread. */
export interface Limits {
  /** 10^9 multiplications and additions a second. */
  readonly peak: number;
  /** 10^9 bytes a second. */
  readonly bandwidth: number;
}

export interface Losses {
  /** Microseconds a minibatch. */
  readonly measured: number;
  /** What its operations and bytes take at the limits, in microseconds. */
  readonly limit: number;
  /** Microseconds above the limit of each group that loses a hundredth of the time or more, largest first. */
  readonly lost: readonly (readonly [group: string, microseconds: number])[];
}

/** Products are bound by operations, everything else by the bytes that it reads and writes. */
export function losses(
  {
    examplesPerSecond,
    batch,
    shares,
    work,
  }: Pick<ProfileEntry, 'examplesPerSecond' | 'batch' | 'shares' | 'work'>,
  { peak, bandwidth }: Limits,
): Losses {
  const measured = (1e6 * batch) / examplesPerSecond;
  const timeOf = (group: string): number => (shares[group] ?? 0) * measured;
  // Products that skip zeros can beat the limit of dense ones: then what they take is the limit.
  const limitOf = (group: string): number => {
    const { flops, bytes } = work[group] ?? { flops: 0, bytes: 0 };
    const bound = flops > 0 ? flops / (1000 * peak) : bytes / (1000 * bandwidth);
    return Math.min(bound, timeOf(group));
  };
  const groups = [...new Set([...Object.keys(shares), ...Object.keys(work)])];
  return {
    measured,
    limit: groups.reduce((sum, group) => sum + limitOf(group), 0),
    lost: groups
      .map((group) => [group, timeOf(group) - limitOf(group)] as const)
      .filter(([, microseconds]) => microseconds >= measured / 100)
      .sort(([, a], [, b]) => b - a),
  };
}
