/** What the page is asked for; plain data. */
export interface PageOrder {
  /** Name of one of WORKLOADS. */
  readonly workload: string;
  /** With fused multiply-add. */
  readonly fused: boolean;
  readonly seconds: number;
}
