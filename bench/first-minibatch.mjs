// A comparison of one minibatch, as start-up.ts runs it: prints the time when that minibatch is done.
const [library, dataset, out] = process.argv.slice(2);
const { compare } = await import(library);
let done = 0;
await compare(
  {
    dataset,
    seeds: [1],
    diagnostics: ['none'],
    settings: { batch: 50, examples: 50 },
    rules: ['backprop'],
    device: { device: 'cpu' },
    out,
    jobs: 1,
  },
  {
    progress() {
      done ||= Date.now();
    },
  },
);
process.stdout.write(`${done}\n`);
