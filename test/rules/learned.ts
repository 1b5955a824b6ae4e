import type { ReferenceDevice, Tensor } from '../../kernels/index.ts';
import { LayeredNetwork, type Network, type NetworkSettings } from '../../networks/index.ts';
import { biasVector, findRule, gradient, weightMatrix } from '../../rules/index.ts';
import {
  buildNetwork,
  buildRule,
  float64,
  networkSettings,
  normalState,
  oneHotState,
  runOnce,
} from '../support.ts';

interface LearnedSettings {
  network?: Partial<NetworkSettings>;
  options?: Record<string, unknown>;
  batch?: number;
  /** Changes states before the learned; called with the values of a state by name. */
  set?: (values: (state: string) => Float64Array, network: Network) => void;
}

/** Lays out a network and a rule on the float64 device, and has the rule look at one batch. */
export async function learnedOf(name: string, { network: given, options, batch = 6, set }: LearnedSettings) {
  const { device, k } = float64();
  const settings = networkSettings({ layers: [5, 6, 4, 3], ...given });
  const network: Network = buildNetwork(findRule(name), k, settings, options, 3);
  const rule = buildRule(findRule(name), network, k, options);
  const input = normalState(k, 'input', batch, network.populations[0]!.size);
  const target = oneHotState(k, batch, network.populations.at(-1)!.size);
  const values = valuesOf(device, k.states);
  set?.(values, network);

  const keep = (name: string, of: Tensor) => k.state(name, of.rows, of.columns);
  const own = new Map<string, Tensor>();
  const biases = new Map<string, Tensor>();
  const exact =
    network instanceof LayeredNetwork
      ? network.connections.map((c) => keep(`exact ${c.name}`, c.weights))
      : [];
  await runOnce(k, () => {
    const { directions } = rule.learn({ input, target });
    for (const direction of directions) {
      const { connection } = direction;
      own.set(connection.name, keep(`own ${connection.name}`, connection.weights));
      k.mapInto(own.get(connection.name)!, (x) => x, weightMatrix(k, direction));
      if (!connection.bias || direction.biases === false) continue;
      biases.set(connection.name, keep(`own bias ${connection.name}`, connection.bias));
      k.mapInto(biases.get(connection.name)!, (x) => x, biasVector(k, direction));
    }
    if (network instanceof LayeredNetwork)
      for (const [l, d] of gradient(k, network, network.forward(input), target).entries())
        k.mapInto(exact[l]!, (x) => x, weightMatrix(k, d));
  });
  const read = (t: Tensor | undefined) => (t ? device.values(t) : null);
  return {
    network,
    values,
    /** Direction of the weights of each forward connection, lowest first; null where the rule gives none. */
    own: network.connections.map((c) => read(own.get(c.name))),
    biases: network.connections.map((c) => read(biases.get(c.name))),
    /** Directions of feedback, by the connection's name. */
    feedback: (connection: string) => read(own.get(connection)),
    /** Of the biases of feedback. */
    feedbackBias: (connection: string) => read(biases.get(connection)),
    /** The gradient of each forward connection, of a layered network. */
    exact: exact.map((t) => device.values(t)),
  };
}

const valuesOf =
  (device: ReferenceDevice, states: ReadonlyMap<string, Tensor>) =>
  (state: string): Float64Array => {
    const tensor = states.get(state);
    if (!tensor) throw new Error(`no state '${state}' among ${[...states.keys()].join(', ')}`);
    return device.values(tensor);
  };

/** Copies the transpose of a rows x columns matrix. */
export const transposeInto = (out: Float64Array, values: Float64Array, rows: number, columns: number) => {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!;
};
