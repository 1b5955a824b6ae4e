// An experiment of one minibatch, as start-up.ts runs it: prints the time when that minibatch is done.
const [library, dataset, out] = process.argv.slice(2);
const { defineExperiment, runExperiment } = await import(library);
const experiment = defineExperiment({
  dataset,
  seeds: [1],
  diagnostics: ['none'],
  settings: { batch: 50, examples: 50 },
  rules: [{ name: 'backprop' }],
});
let done = 0;
await runExperiment({
  experiment,
  device: { device: 'cpu' },
  plugins: [],
  out,
  jobs: 1,
  progress() {
    done ||= Date.now();
  },
});
process.stdout.write(`${done}\n`);
