import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openDevice } from '../../devices/index.ts';
import { FIGURES, type FigureDocument, type FigureElement } from '../../results/figures/index.ts';
import { findRule } from '../../rules/index.ts';
import { createTrainer, resolveCondition, tinyDataset } from '../../training/index.ts';
import { recordView, type ViewName, viewsOf } from '../../web/playground/views/recorders.ts';
import type { WatchedRun } from '../../web/playground/views/view.ts';
import { drawn } from '../results/figures/example.ts';

const LAYERS = [36, 12, 4];
const dataset = tinyDataset();

async function watch(rule: string, options: Record<string, string> = {}): Promise<WatchedRun> {
  const settings = { layers: LAYERS, epochs: 3 };
  const trainer = await createTrainer({
    ...{ rule, dataset, settings, options, seed: 4 },
    device: await openDevice({ device: 'cpu', blas: 'none' }),
  });
  return { condition: resolveCondition(findRule(rule), { settings, options }), seed: 4, dataset, trainer };
}

const shown = () => ({
  image: Float32Array.from({ length: 36 }, (_, i) => (i % 5) / 4),
  label: 2,
  place: null,
  neuron: null,
});

for (const [rule, views, options] of [
  ['segregated-dendrite', ['voltages', 'feedback-weights'], {}],
  ['segregated-dendrite', [], { feedbackWeights: 'symmetric', neurons: 'rate' }],
  ['equilibrium-propagation', ['settling'], {}],
  ['feedback-alignment', ['feedback-weights'], {}],
  ['backprop', [], {}],
] as const)
  test(`views of ${rule} ${JSON.stringify(options)}`, async () => {
    const run = await watch(rule, options);
    assert.equal(viewsOf(run), views);
    for (const view of views) {
      const recording = await recordView(run, view, shown());
      assert.equal(structuredClone(recording), recording, 'it can be posted to the page');
      const figure = FIGURES.find(({ name }) => name === view)!;
      const draw = figure.draw as (dom: FigureDocument, data: unknown, by: 'examples') => FigureElement;
      const { texts } = await drawn((dom) =>
        draw(dom, { document: recording.described, networks: [recording.recorded] }, 'examples'),
      );
      assert.ok(texts.join(' ').includes(`${LAYERS.join('-')} · seed 4`), view);
    }
    await run.trainer.dispose();
  });

test('a run that is looked at after every epoch ends with the bits of one that is not', async () => {
  for (const [rule, view] of [
    ['segregated-dendrite', 'voltages'],
    ['equilibrium-propagation', 'settling'],
    ['feedback-alignment', 'feedback-weights'],
  ] as const satisfies [string, ViewName][]) {
    const [seen, unseen] = [await watch(rule), await watch(rule)];
    let looks = 0;
    let last = '';
    for await (const _ of seen.trainer.epochs()) {
      const recording = JSON.stringify(await recordView(seen, view, shown()));
      assert.not.equal(recording, last, `${rule}: what is recorded follows the weights`);
      last = recording;
      looks++;
    }
    for await (const _ of unseen.trainer.epochs());
    assert.is(looks, 3);
    assert.is(await seen.trainer.hashStates(), await unseen.trainer.hashStates(), rule);
    await seen.trainer.dispose();
    await unseen.trainer.dispose();
  }
});

test.run();
