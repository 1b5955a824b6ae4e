import type { Kernels, Tensor } from '../../kernels/index.ts';
import type { Connection, Network } from '../../networks/index.ts';
import type { Rule } from '../../rules/index.ts';

/** The parts of a run that guards look at. */
export interface GuardedRun {
  readonly kernels: Kernels;
  readonly network: Network;
  readonly rule: Rule;
  respond(input: Tensor): readonly Tensor[];
  readonly evaluationBatchSize: number;
  /** Connections that the rule gives a direction for. */
  readonly taught: ReadonlySet<Connection>;
}
