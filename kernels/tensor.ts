/**
 * A matrix of float32 values on a device, row-major. Row vectors are 1 x n, scalars 1 x 1.
 *
 * A tensor is only a description: the device that owns it holds the values. `state` tensors keep their values
 * from one step to the next and can be read and written from the host; `temporary` ones belong to the step that
 * computes them and share memory with each other.
 */
export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly storage: 'state' | 'temporary' | 'scalar';
}

/** Rows kept on the host, from which a step gathers its minibatch: a dataset's images, or its labels. */
export interface Table {
  readonly name: string;
  /** Number of rows. */
  readonly count: number;
  /** Values a gathered row has. */
  readonly columns: number;
  /** `count * columns` bytes, or for one-hot rows `count` class labels. */
  readonly values: Uint8Array;
  /** `scaled`: each byte times `scale`; `one-hot`: 1 in the column of the label, 0 elsewhere. */
  readonly encoding: 'scaled' | 'one-hot';
  readonly scale: number;
}

/** Rows of float32 values on the host that steps read and write: what a run keeps of each example. */
export interface RowStore {
  readonly name: string;
  readonly count: number;
  readonly columns: number;
  /** `count * columns` values, row by row. */
  readonly values: Float32Array;
  readonly encoding: 'float32';
}

export const describeShape = (t: { rows: number; columns: number }): string => `${t.rows}x${t.columns}`;
