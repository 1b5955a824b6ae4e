import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scores } from '../../../results/figures/scores.ts';
import { run } from '../example.ts';
import { documentOf, drawn, HOSTILE, seedsOf } from './example.ts';

const RUNS = [
  ...seedsOf('backprop', [
    [9, 4],
    [9, 5],
    [9, 6],
  ]),
  ...seedsOf('feedback-alignment', [
    [9, 6],
    [9, 8],
  ]),
];
const scoresOf = (runs = RUNS) => drawn((dom) => scores(dom, documentOf(runs)));

/** Where dots stand: `translate(x,y)`. */
const placeOf = (transform: string): [number, number] =>
  /translate\(([-\d.]+),\s*([-\d.]+)\)/.exec(transform)!.slice(1).map(Number) as [number, number];
const dotsIn = ({ find }: Awaited<ReturnType<typeof scoresOf>>): [number, number][] =>
  find('g[aria-label="dot"] path, g[aria-label="dot"] circle').map((dot) =>
    dot.getAttribute('transform') !== null
      ? placeOf(dot.getAttribute('transform')!)
      : [Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))],
  );

test('a dot for each seed, to scale, in the row of its condition', async () => {
  const dots = dotsIn(await scoresOf());
  assert.is(dots.length, 5);
  const [a, b, c, d, e] = dots.map(([x]) => x) as [number, number, number, number, number];
  assert.ok(Math.abs(b - a - (c - b)) < 0.02 && b > a);
  assert.ok(Math.abs(d - c) < 0.02, 'both are 6');
  assert.ok(Math.abs(e - d - 2 * (b - a)) < 0.02);
  assert.ok(Math.max(...dots.slice(0, 3).map(([, y]) => y)) < Math.min(...dots.slice(3).map(([, y]) => y)));
});

test('mean and interval stand beside their row, as in the table', async () => {
  const { texts } = await scoresOf();
  assert.ok(texts.includes('5.00 [2.52, 7.48]'), texts.join('|'));
  assert.ok(texts.includes('Test error (%)'));
  assert.ok(texts.includes('feedback-alignment (2 of 3)'));
});

test('runs that did not finish have no dot, and are counted', async () => {
  const drawing = await scoresOf([...RUNS, run('feedback-alignment', 3, [80], { status: 'diverged' })]);
  assert.is(dotsIn(drawing).length, 5);
  assert.ok(drawing.texts.join(' ').includes('1 run diverged'));
  const none = await scoresOf([run('backprop', 1, [9], { status: 'unfinished' })]);
  assert.is(none.texts.filter((text) => text === 'no finished run').length, 2);
});

test('one seed has a dot and no interval', async () => {
  const { texts } = await scoresOf([RUNS[0]!]);
  assert.ok(texts.includes('4.00'));
});

test('names of users are text, and long ones are cut', async () => {
  const { svg, texts } = await drawn((dom) =>
    scores(dom, documentOf(RUNS, {}, [HOSTILE, 'a very long name of a condition that does not fit'])),
  );
  assert.not.match(svg, /<script/);
  assert.ok(texts.some((text) => text.startsWith('</text><scr')));
  assert.ok(texts.some((text) => /^a very long name.*…$/.test(text)));
});

test.run();
