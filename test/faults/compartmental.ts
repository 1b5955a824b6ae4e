import { type Fault, faultsOf } from './fault.ts';

const COMPARTMENTS = 'test/networks/compartmental.test.ts';
const HIDDEN = '-k_B * phi_max * (t - f) * s * (1 - s)';
const OUTPUT = '-k_D * phi_max * (phi_t - phi_max * s) * s * (1 - s)';

/** Of the neurons with compartments, and of the rule that compares their plateau potentials. */
export const FAULTS: readonly Fault[] = [
  ...faultsOf(
    'segregated-dendrite',
    ['segregated-dendrite'],
    [
      ['hidden error of the wrong sign', HIDDEN, 'k_B * phi_max * (t - f) * s * (1 - s)'],
      ['output error of the wrong sign', OUTPUT, 'k_D * phi_max * (phi_t - phi_max * s) * s * (1 - s)'],
      ["hidden error without sigma'", HIDDEN, '-k_B * phi_max * (t - f) * (s + 1 - s)'],
      ["output error without sigma'", OUTPUT, '-k_D * phi_max * (phi_t - phi_max * s) * (s + 1 - s)'],
      ['apical potentials in place of plateaus', 'apical.map($plateau)', '[...apical]', '#plateaus'],
      [
        'plateau of the forward phase twice',
        '[this.#plateaus(target), this.#plateaus(forward)]',
        '[this.#plateaus(forward), this.#plateaus(forward)]',
      ],
      [
        'gain of output neurons of another conductance',
        '$k.map($error, target.outputRate, $soma, kD, $most)',
        '$k.map($error, target.outputRate, $soma, kD / 2, $most)',
      ],
      [
        'gain of output neurons in hidden ones',
        '$k.map($error, $t, $f, $soma, kB, $most)',
        '$k.map($error, $t, $f, $soma, this.#network.kD, $most)',
        '#hiddenErrors',
      ],
      [
        'scale of the hidden update everywhere',
        'l < connections.length - 1 ? P_hidden : P_output',
        'P_hidden',
      ],
      ['scale of the output update not squared', '$maximum ** 2', '$maximum'],
      [
        'one target phase without the target',
        '{ duration: $duration, target, means: $means }',
        '{ duration: $duration, means: $means }',
      ],
      [
        'observing moves the neurons of training',
        'this.#network.neuronState(batch.input.rows)',
        'this.#lastingNeurons(batch.input.rows)',
        'observe',
      ],
      [
        'gradient through the wrong layer',
        'forward.soma[l - 1]',
        'forward.soma[0]!',
        '#backpropagatedErrors',
      ],
      ['taps do not reach the neurons', '{ ...$psp, taps: options.taps }', '$psp'],
      ['plateau times do not reach the neurons', 'options.plateauTimes', "'fixed'"],
    ],
  ),
  ...faultsOf(
    'segregated-dendrite',
    ['segregated-dendrite'],
    [
      ['sparse feedback without amplification', 'AMPLIFICATION * values[i]', 'values[i]!'],
      [
        'sparse feedback keeps each weight with a probability of 20 %, not exactly 20 %',
        'place < zeros',
        'place < 0 * zeros || random.uniform(1, 0, 1)[0]! < ZEROS',
      ],
      ['sparse feedback rounded up', 'Math.floor(ZEROS * $count)', 'Math.ceil(ZEROS * $count)'],
      [
        'symmetric feedback to the first hidden layer passes by the second',
        'above ? $product : $k.transpose(w)',
        '$k.transpose(w)',
      ],
      [
        'noise on the product of the matrices, not on each',
        `for (const { weights } of $connections) {
          const above = $last;
          const w = $noisy;
          products.unshift($product);
        }`,
        `for (const { weights } of $connections) {
          const above = $last;
          const w = weights;
          const product = $product;
          products.unshift(this.#kind === 'noisy-symmetric' ? this.#withNoise(product) : product);
        }`,
      ],
      [
        'layers do not share the noise of the matrices above them',
        'above ? $k.matmul(above, w, $how) : $top',
        'above ? $k.matmul($k.transpose(this.#network.connections.at(-1)!.weights), w, $how) : $top',
      ],
    ],
    'networks/broadcast.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'leak left out',
        '(v, i, b, a, gl, gb, ga) => v - gl * v + gb * (i + b - v) + ga * (a - v)',
        `(v: number, i: number, b: number, a: number, gl: number, gb: number, ga: number) =>
          v - 0 * gl * v + gb * (i + b - v) + ga * (a - v)`,
      ],
      [
        'leak of uncoupled somata left out',
        '(v, i, b, gl, gb) => v - gl * v + gb * (i + b - v)',
        '(v: number, i: number, b: number, gl: number, gb: number) => v - 0 * gl * v + gb * (i + b - v)',
      ],
      ['apical coupling of the wrong sign', 'ga * (a - v)', 'ga * (v - a)', 'moveCoupled'],
      ['the teaching current excites everybody', '(1 - t) * (eI - v)', '(1 - t) * (eE - v)'],
      [
        'the teaching current divided by the time constant',
        '$free + g * (t * (eE - v) + $inhibition)',
        '$free + gl * g * (t * (eE - v) + $inhibition)',
      ],
      ['rates without a maximum', 'phiMax * sigmoid(v)', 'sigmoid(v) + 0 * phiMax'],
    ],
    'networks/millisecond.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'apical dendrites see the spikes of the same ms',
        'this.#share(iteration, early + 1)',
        'this.#share(iteration, early)',
      ],
      [
        'means of feedback rates without the delay',
        'this.#add(sum, instant.firingRates.at(-1), inWindow(early + 1))',
        'this.#add(sum, instant.firingRates.at(-1)!, inWindow(early))',
      ],
      ['every plateau at the end of the phase', 'means.length === 1 ? $last : $random', '$last'],
    ],
    'networks/phase-means.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'averages from the start of the watched time',
        'i + late >= first && i + late < first + ms ? 1 / ms : 0',
        'i + late >= 0 * first && i + late < first + ms ? 1 / ms : 0',
      ],
    ],
    'networks/psp.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      [
        'spikes of the input in place of those below',
        '$k.matmul(spikes[l], weights, $sparse)',
        '$k.matmul($k.map((x) => x + 0.5, spikes[l]!), weights, $sparse)',
      ],
    ],
    'networks/millisecond.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS, 'segregated-dendrite'],
    [
      [
        'steady output of the wrong conductances',
        '$currents / (gl + gd + g)',
        '$currents / (gl + gd + 0 * g)',
      ],
    ],
    'networks/steady-state.ts',
  ),
  ...faultsOf(
    'compartments',
    [COMPARTMENTS],
    [
      ['every minibatch at rest', 'allocate ? allocate($$what) : $zeros', '$zeros'],
      ['spikes forgotten as if there were ten taps', '($psp.taps - 1) * batch', '(10 - 1) * batch'],
    ],
    'networks/compartmental.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/networks/plateau-times.test.ts'],
    [
      [
        'plateau times of the variance 3, not the deviation',
        'const DEVIATION = 3;',
        'const DEVIATION = Math.sqrt(3);',
      ],
      ['plateau times of one half of the distribution', 'Math.abs(z) >= from', 'z >= from'],
      [
        'plateau times of rounded ms',
        '$k.mapInto($last, $later, $$values, e + 1)',
        '$k.mapInto($last, $later, $$values, e + 0.5)',
      ],
    ],
    'networks/plateau-times.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/networks/psp.test.ts', COMPARTMENTS],
    [
      ['the first tap at 0 ms', 'const t = j + 1;', 'const t = j;'],
      [
        'means over one tap too few',
        'Math.min(Math.max(ahead + ms - i - late, 0), length)',
        'Math.min(Math.max(ahead + ms - i - late, 0), length - 1)',
      ],
    ],
    'networks/psp.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/cpu-device.test.ts'],
    [
      [
        'every iteration draws the same numbers',
        'now.counter = outside * bound + i;',
        'now.counter = outside * bound;',
      ],
    ],
    'kernels/cpu/commands.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/devices.test.ts'],
    [
      [
        'temporaries from before a repeat are given up within',
        'if (first.get(t) < start) $prolong;',
        'if (first.get(t)! < 0) $prolong;',
      ],
    ],
    'kernels/cpu/memory.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/devices.test.ts'],
    [
      ['a spike where the first interval begins', 'untilSpike[i] === 0 ? -1 : 0', '0'],
      [
        'an interval from the end of the step',
        'fround(rest + exponential(words[n % 2]))',
        'exponential(words[n % 2]!)',
      ],
    ],
    'kernels/reference-ops.ts',
  ),
  ...faultsOf(
    'compartments',
    ['test/kernels/random.test.ts'],
    [
      [
        'intervals of half the mean',
        '$scaled - fround(correction + f)',
        '$scaled - fround(correction + f) / 2',
      ],
      ['words of one pair for every interval of a step', 'element + 2 ** 28 * n', 'element + 0 * n'],
    ],
    'kernels/random.ts',
  ),
  ...faultsOf(
    'dendritic-microcircuit',
    ['dendritic-microcircuit'],
    [
      ['the error of the wrong sign', 'r - sigmoid(u)', 'sigmoid(u) - r'],
      [
        'interneurons learn from the rates of another layer',
        'activity[h + 1]!.rate',
        'activity[h]!.rate',
        '#lateral',
      ],
      [
        'a hidden layer is taught by the layer below the one above',
        'network.teachHidden(l, activity[l]!, somata[0]!)',
        'network.teachHidden(l, activity[l]!, activity[l + 1]!.potential)',
      ],
      [
        'the gradient through the wrong layer',
        'k.matmul(deltas[0]!, connections[l]!.weights, { transposeB: true })',
        'k.matmul(deltas[0]!, k.map((w) => -w, connections[l]!.weights), { transposeB: true })',
      ],
      [
        'inhibition learns from rates that interneurons predict',
        'this.#network.rate(interneuronSoma)',
        'this.#network.rate(hidden[h]!.interneuronPrediction)',
      ],
      [
        'top-down synapses at the rate of those onto interneurons',
        'options.feedbackRate',
        'options.interneuronRate',
      ],
    ],
  ),
  ...faultsOf(
    'dendritic-microcircuit',
    ['test/networks/microcircuit.test.ts', 'dendritic-microcircuit'],
    [
      ['interneurons do not cancel the feedback', 'down.map((w) => -w)', 'down.map((w) => w)'],
      [
        'the ratio of the attenuations upside down',
        'ownUp.weights.map((w) => ratio * w)',
        'ownUp.weights.map((w) => w / ratio)',
      ],
      [
        'output neurons attenuated as if they had apical dendrites',
        'l < this.populations.length - 1 ? apical : 0',
        'apical',
      ],
      ['a target of 1 and 0', 'off + span * t', '0.001 + 0.998 * t + 0 * off * span', 'targetPotential'],
      [
        'the error of top-down synapses of the wrong sign',
        'sigmoid(v) - sigmoid(u)',
        'sigmoid(u) - sigmoid(v)',
      ],
      ['interneurons that nobody teaches', '(1 - share) * v + share * u', 'v + 0 * share * u', 'teachHidden'],
      [
        'feedback from the rates that interneurons predict',
        'this.apicalPotential(l, $above, this.rate(interneuronSoma))',
        'this.apicalPotential(l, this.rate(above), this.rate(interneuronPrediction))',
      ],
      [
        'apical dendrites at the conductance of the teaching',
        '(v, a, share) => v + share * a',
        '(v: number, a: number, share: number) => v + 0.5 * share * a',
      ],
    ],
    'networks/microcircuit.ts',
  ),
  ...faultsOf(
    'dendritic-microcircuit',
    ['test/networks/microcircuit-simulation.test.ts', 'dendritic-microcircuit'],
    [
      ['somata in time without a leak', '$currents - gl * u', '$currents - 0 * gl * u'],
      ['apical currents of the wrong sign', 'h * (w - u)', 'h * (u - w)'],
      [
        'apical dendrites at the conductance of the basal ones',
        '[constants.apical, apical]',
        '[constants.basal, apical]',
      ],
      [
        'a teaching current of outputs that nobody teaches',
        'aim ? constants.teaching : 0',
        'constants.teaching',
      ],
      [
        'interneurons that nobody teaches in time',
        'const above = pyramidal[h + 1].seen',
        'const above = basal',
      ],
      [
        'the time constant of the leak alone',
        '1 / (leak + basalConductance + secondConductance)',
        '1 / (leak + 0 * basalConductance + 0 * secondConductance)',
      ],
      ['prospective potentials in the full dynamics', "this.#time.dynamics === 'full'", 'false'],
      [
        'rates of latent equilibrium that follow the soma',
        '$k.mapInto(seen, $copy, instant.seen)',
        '$k.mapInto(seen, (u) => u, instant.soma)',
      ],
      ['steps of 1 ms', 'u + dt * d', 'u + d + 0 * dt', '#move'],
      [
        'residuals of the potential without the time constant',
        'sigmoid(u + tau * d) - r',
        'sigmoid(u + 0 * tau * d) - r',
      ],
    ],
    'networks/microcircuit-simulation.ts',
  ),
  ...faultsOf(
    'dendritic-microcircuit',
    ['dendritic-microcircuit'],
    [
      ['the mean error of the wrong sign', 'sigmoid(a * v) - sigmoid(u)', 'sigmoid(u) - sigmoid(a * v)'],
      ['predictions of basal dendrites without attenuation', 'sigmoid(a * v)', 'sigmoid(v + 0 * a)'],
      ['a sum over the phase in place of the mean', '1 / (input.rows * instants)', '1 / input.rows'],
      [
        'interneurons attenuated as pyramidal neurons',
        'network.interneuronAttenuation',
        'network.attenuation(h + 1)',
      ],
      ['presynaptic rates of another layer in time', 'rates[h + 1]!', 'rates[h]!'],
      ['biases learn from the last instant', 'sum + e', '0 * sum + e'],
      [
        'inhibition that adds to the apical potential',
        'pyramidal[h]!.apical!',
        'this.#k.map((v) => -v, pyramidal[h]!.apical!)',
      ],
      [
        'top-down synapses learn from the rates of their own layer',
        'this.#network.topDownError(h + 1, rates[h + 2]!, pyramidal[h]!.seen)',
        'this.#network.topDownError(h + 1, rates[h + 2]!, pyramidal[h]!.basal)',
      ],
    ],
    'rules/microcircuit-plasticity.ts',
  ),
  ...faultsOf(
    'dendritic-microcircuit',
    ['dendritic-microcircuit'],
    [
      ['the taught phase without a target', '{ target, observe: $add }', '{ observe: $add }'],
      ['predictions from the upward sweep', 'if (this.#network.time) return $untaught;', ';', 'respond'],
      ['no network says that it has not settled', 'if (network.time) $settle;', ';'],
    ],
  ),
  ...faultsOf(
    'microcircuit-recorder',
    ['test/networks/microcircuit-simulation.test.ts'],
    [
      ['a recording that is taught from the start', 'await probes.trace()', 'await probes.trace(target)'],
      ['both phases start at rest', 'const known = this.#results.get(name);', 'const known = undefined;'],
    ],
    'networks/microcircuit-recorder.ts',
  ),
  ...faultsOf(
    'neuron-recorder',
    ['test/networks/neuron-recorder.test.ts'],
    [
      ['a neuron that the target does not change most', 'Math.max(...changes)', 'Math.min(...changes)'],
      [
        'the output neuron of another class',
        '[neuron, neuron, neuron, label, label, $rest]',
        '[neuron, neuron, neuron, 0, 0, $rest]',
      ],
    ],
    'networks/neuron-recorder.ts',
  ),
  ...faultsOf(
    'neuron-recorder',
    ['test/networks/neuron-recorder.test.ts'],
    [['electrodes stay where they were', 'neurons?.[e] ?? one.neuron', 'one.neuron']],
    'networks/recorder.ts',
  ),
];
