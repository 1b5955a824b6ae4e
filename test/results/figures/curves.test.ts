import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { curves } from '../../../results/figures/curves.ts';
import { run } from '../example.ts';
import { documentOf, drawn, HOSTILE, pointsOf, seedsOf } from './example.ts';

const THREE = [
  ...seedsOf('backprop', [
    [20, 16, 10],
    [22, 16, 12],
    [24, 16, 14],
  ]),
  ...seedsOf('feedback-alignment', [
    [30, 24, 18],
    [30, 24, 18],
    [30, 24, 18],
  ]),
];
type Three = [[number, number], [number, number], [number, number]];
const curvesOf = (runs: Parameters<typeof documentOf>[0], by: Parameters<typeof curves>[2] = 'examples') =>
  drawn((dom) => curves(dom, documentOf(runs), by));

test('a thick line goes through the means of each condition, to scale', async () => {
  const { find } = await curvesOf(THREE);
  const lines = find('g[aria-label="line"][stroke-width="2"] path');
  assert.is(lines.length, 2);
  const [[x1, y1], [x2, y2], [x3, y3]] = pointsOf(lines[0]!) as Three;
  // Means 22, 16, 12 at 8000, 16000, 24000 examples.
  assert.ok(Math.abs((y2! - y1!) / (y3! - y2!) - 6 / 4) < 1e-2);
  assert.ok(Math.abs(x3! - x2! - (x2! - x1!)) < 1e-2 && x2! > x1!);
  const [[, other]] = pointsOf(lines[1]!) as [[number, number]];
  // 30 against 22: twice as far above 22 as 22 is above 18.
  assert.ok(Math.abs((y1! - other) / (y2! - y1!) - 8 / 6) < 1e-2);
});

test('from three seeds on a band is the 95 % interval of the mean', async () => {
  const { find, texts } = await curvesOf(THREE);
  const bands = find('g[fill-opacity="0.2"] path');
  assert.is(bands.length, 2);
  const means = pointsOf(find('g[aria-label="line"][stroke-width="2"] path')[0]!);
  const perPercent = (means[1]![1] - means[0]![1]) / 6;
  const [[, top]] = pointsOf(bands[0]!) as [[number, number]];
  // 20, 22, 24: the half width is 4.3027 * 2 / sqrt(3).
  assert.ok(
    Math.abs((means[0]![1] - top) / perPercent - 4.968) < 0.01,
    `${(means[0]![1] - top) / perPercent}`,
  );
  assert.ok(texts.join(' ').includes('Bands are 95 % intervals of the mean'));
});

test('of two seeds each is a thin line, and there is no band', async () => {
  const { find, texts } = await curvesOf(THREE.filter(({ seed }) => seed < 3));
  assert.is(find('g[stroke-width="0.8"] path').length, 4);
  assert.is(find('g[fill-opacity="0.2"] path').length, 0);
  assert.not.ok(texts.join(' ').includes('Bands'));
  assert.ok(texts.join(' ').includes('Thin lines are single seeds'));
});

test('the mean goes as far as every seed, and a seed that is further goes on as a thin line', async () => {
  const { find, texts } = await curvesOf([
    ...seedsOf('backprop', [
      [20, 16, 10, 9],
      [22, 16],
      [24, 16],
    ]),
  ]);
  assert.is(pointsOf(find('g[aria-label="line"][stroke-width="2"] path')[0]!).length, 2);
  const thin = find('g[stroke-width="0.8"] path');
  assert.is(thin.length, 1);
  assert.is(pointsOf(thin[0]!).length, 3);
  assert.ok(texts.join(' ').includes('3 runs unfinished'), 'those of the condition that has not begun');
});

test('a run that diverged is beside the mean, with a cross at its end', async () => {
  const diverged = run('backprop', 3, [40, 80], { status: 'diverged', reason: 'NaN' });
  const { find, texts } = await curvesOf([...THREE.filter(({ seed }) => seed < 3), diverged]);
  assert.is(pointsOf(find('g[aria-label="line"][stroke-width="2"] path')[0]!).length, 3);
  assert.is(find('g[stroke-width="1.5"] path').length, 1);
  assert.ok(texts.join(' ').includes('1 run diverged'));
});

test('axes, title and subtitle say what is shown, in which unit', async () => {
  const { texts } = await curvesOf(THREE);
  const all = texts.join(' ');
  for (const text of [
    'Test error (%)',
    'Training examples (thousands)',
    'Test error in the course of training: backprop and feedback-alignment',
    'mnist, 8,000 training and 2,000 test examples · 784-500-10 · seeds 1 to 3',
  ])
    assert.ok(all.includes(text), `${text} is not in: ${all}`);
  assert.ok((await curvesOf(THREE, 'seconds')).texts.join(' ').includes('Time spent training (seconds)'));
  assert.ok(
    (await curvesOf(THREE, 'multiply-accumulates')).texts
      .join(' ')
      .includes('Multiply-accumulates of training (billions)'),
  );
});

test('the axis is logarithmic where the largest score is eight times the smallest, and says so', async () => {
  const { find, texts } = await curvesOf(seedsOf('backprop', [[40, 20, 5]]));
  assert.ok(texts.includes('Test error (%), logarithmic'));
  const [[, y1], [, y2], [, y3]] = pointsOf(find('g[aria-label="line"][stroke-width="2"] path')[0]!) as Three;
  assert.ok(Math.abs((y3! - y2!) / (y2! - y1!) - 2) < 1e-2, 'a quarter lies twice as far as a half');
});

test('the axis of training is logarithmic where one condition is trained ten times as much as another', async () => {
  const longer = seedsOf('feedback-alignment', [Array.from({ length: 20 }, () => 20)]);
  const { find, texts } = await curvesOf([...seedsOf('backprop', [[20, 20]]), ...longer]);
  assert.ok(texts.includes('Training examples (thousands), logarithmic'));
  const points = pointsOf(find('g[aria-label="line"][stroke-width="2"] path')[1]!);
  const [one, two, four] = [0, 1, 3].map((i) => points[i]![0]) as [number, number, number];
  assert.ok(Math.abs(four - two - (two - one)) < 1e-2, 'twice as much is as far each time');
});

test('names of users are text, never markup', async () => {
  const { svg, find, texts } = await drawn((dom) =>
    curves(dom, documentOf(THREE, { dataset: HOSTILE }, [HOSTILE, 'other']), 'examples'),
  );
  assert.is(find('script').length, 0);
  assert.not.match(svg, /<script/);
  assert.ok(
    texts.some((text) => text === HOSTILE),
    'the legend has it as it is',
  );
});

test('the same data are the same bytes', async () => {
  assert.is((await curvesOf(THREE)).svg, (await curvesOf(THREE)).svg);
});

test.run();
