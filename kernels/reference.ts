import type { Capabilities, Device, DeviceInfo, Executable, Feed } from './device.ts';
import type { Factor, Op, Program } from './program.ts';
import { normalPair, poissonCount, poissonWord, threefry, unitUniform } from './random.ts';
import type { Tensor } from './tensor.ts';

/**
 * The reference device: plain loops over float64, written to be read. Other devices are tested against it, and the
 * rules against finite differences on it. It is slow, and not offered on the command line.
 */
export class ReferenceDevice implements Device {
  readonly info: DeviceInfo = {
    name: 'reference',
    backend: 'float64',
    blas: null,
    executorKind: null,
    fallbackReason: null,
    hardware: 'JavaScript numbers',
  };
  readonly capabilities: Capabilities = { stepsPerCall: 1, replicas: () => 1 };
  readonly #values = new Map<number, Float64Array>();

  allocate(tensor: Tensor): void {
    this.#values.set(tensor.id, new Float64Array(tensor.rows * tensor.columns));
  }

  async write(tensor: Tensor, values: ArrayLike<number>): Promise<void> {
    this.values(tensor).set(values);
  }

  async read(tensor: Tensor): Promise<Float32Array> {
    return Float32Array.from(this.values(tensor));
  }

  /** The float64 values of a tensor, for tests. */
  values(tensor: Tensor): Float64Array {
    let values = this.#values.get(tensor.id);
    if (!values) {
      values = new Float64Array(tensor.rows * tensor.columns);
      this.#values.set(tensor.id, values);
    }
    return values;
  }

  async compile(program: Program): Promise<Executable> {
    const run = async (feed: Feed): Promise<void> => {
      for (let i = 0; i < feed.steps; i++) {
        const step = feed.firstStep + i;
        const rows = feed.rows.subarray(i * program.batch, (i + 1) * program.batch);
        for (const { tensor, value } of program.hostScalars) this.values(tensor)[0] = value({ step });
        for (const op of program.ops) this.#execute(op, step, rows);
      }
    };
    return { run, dispose: () => {} };
  }

  liveBuffers(): number {
    return this.#values.size;
  }

  async dispose(): Promise<void> {
    this.#values.clear();
  }

  #factor(factor: Factor): number {
    return factor.constant * (factor.scalar ? this.values(factor.scalar)[0]! : 1);
  }

  /** @param counter the step's number, and within a repeat that of the iteration */
  #execute(op: Op, counter: number, rows: Uint32Array): void {
    if (op.kind === 'repeat') {
      const times = typeof op.times === 'number' ? op.times : this.values(op.times)[0]!;
      for (let i = 0; i < times; i++) {
        this.values(op.iteration)[0] = i;
        for (const inner of op.body) this.#execute(inner, counter * op.bound + i, rows);
      }
      return;
    }
    if (op.kind === 'scatter') {
      const a = this.values(op.a);
      const n = op.a.columns;
      for (let i = 0; i < op.a.rows; i++) op.store.values.set(a.subarray(i * n, i * n + n), rows[i]! * n);
      return;
    }
    const out = this.values(op.out);
    const { rows: m, columns: n } = op.out;
    switch (op.kind) {
      case 'matmul': {
        const a = this.values(op.a);
        const b = this.values(op.b);
        const inner = op.transposeA ? op.a.rows : op.a.columns;
        const factor = this.#factor(op.factor);
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let total = 0;
            for (let k = 0; k < inner; k++)
              total +=
                a[op.transposeA ? k * op.a.columns + i : i * op.a.columns + k]! *
                b[op.transposeB ? j * op.b.columns + k : k * op.b.columns + j]!;
            out[i * n + j] = factor * total + (op.accumulate ? out[i * n + j]! : 0);
          }
        return;
      }
      case 'accumulateDelta': {
        const [before, after, b] = [op.before, op.after, op.b].map((t) => this.values(t)) as Float64Array[];
        const inner = op.b.rows;
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++)
            for (let k = 0; k < inner; k++)
              out[i * n + j]! += (after![i * inner + k]! - before![i * inner + k]!) * b![k * n + j]!;
        return;
      }
      case 'transpose': {
        const a = this.values(op.a);
        for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[i * n + j] = a[j * m + i]!;
        return;
      }
      case 'map': {
        const args = op.args.map((t) => ({
          values: this.values(t),
          row: t.rows === 1 ? 0 : t.columns,
          column: t.columns === 1 ? 0 : 1,
        }));
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++)
            out[i * n + j] = op.fn.js(...args.map((t) => t.values[i * t.row + j * t.column]!));
        return;
      }
      case 'sum': {
        const a = this.values(op.a);
        const totals = new Float64Array(out.length);
        for (let i = 0; i < op.a.rows; i++)
          for (let j = 0; j < op.a.columns; j++) {
            const target = op.over === 'rows' ? j : op.over === 'columns' ? i : 0;
            totals[target] = totals[target]! + a[i * op.a.columns + j]!;
          }
        const factor = this.#factor(op.factor);
        for (let i = 0; i < out.length; i++) out[i] = factor * totals[i]! + (op.accumulate ? out[i]! : 0);
        return;
      }
      case 'dot': {
        const a = this.values(op.a);
        const b = this.values(op.b);
        out[0] = a.reduce((total, value, i) => total + value * b[i]!, 0);
        return;
      }
      case 'argmax': {
        const a = this.values(op.a);
        for (let i = 0; i < m; i++) {
          const row = a.subarray(i * op.a.columns, (i + 1) * op.a.columns);
          out[i] = row.some(Number.isNaN) ? Number.NaN : row.indexOf(Math.max(...row));
        }
        return;
      }
      case 'softmax': {
        const a = this.values(op.a);
        for (let i = 0; i < m; i++) {
          const row = a.subarray(i * n, (i + 1) * n);
          const top = Math.max(...row);
          const powers = row.map((value) => Math.exp(value - top));
          const total = powers.reduce((sum, value) => sum + value, 0);
          out.set(
            powers.map((value) => value / total),
            i * n,
          );
        }
        return;
      }
      case 'random': {
        const words = new Uint32Array(2);
        if (op.distribution === 'poisson') {
          const means = this.values(op.probability!);
          for (let i = 0; i < out.length; i++) {
            threefry(i >> 2, counter, op.key[0], op.key[1], words);
            out[i] = poissonCount(unitUniform(poissonWord(i, words)), means[i]!);
          }
          return;
        }
        for (let i = 0; i < out.length; i += 2) {
          threefry(i >> 1, counter, op.key[0], op.key[1], words);
          const normals = normalPair(words[0]!, words[1]!);
          for (let k = 0; k < 2 && i + k < out.length; k++) {
            const u = unitUniform(words[k]!);
            if (op.distribution === 'uniform') out[i + k] = op.a + (op.b - op.a) * u;
            else if (op.distribution === 'normal') out[i + k] = op.a + op.b * normals[k]!;
            // Compared in float32, as on the other devices.
            else out[i + k] = u < Math.fround(this.values(op.probability!)[i + k]!) ? 1 : 0;
          }
        }
        return;
      }
      case 'convolve': {
        const a = this.values(op.a);
        const kernel = this.values(op.kernel);
        const pending = this.values(op.pending);
        for (let i = 0; i < out.length; i++) {
          out[i] = kernel[0]! * a[i]! + pending[i]!;
          for (let j = 1; j < kernel.length; j++) {
            const next = j < kernel.length - 1 ? pending[j * out.length + i]! : 0;
            pending[(j - 1) * out.length + i] = next + kernel[j]! * a[i]!;
          }
        }
        return;
      }
      case 'gather': {
        const { values, encoding } = op.table;
        const scale = encoding === 'scaled' ? op.table.scale : 1;
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++)
            out[i * n + j] =
              encoding === 'one-hot' ? Number(values[rows[i]!] === j) : values[rows[i]! * n + j]! * scale;
        return;
      }
    }
  }
}
