import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { svgElement } from '../../results/figures/dom.ts';
import { encodeFigure, makeFigureDocument, writeFigure } from '../../results/index.ts';

const test = suite('figure file');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-figure-'));
test.after(() => rmSync(folder, { recursive: true }));

const dom = await makeFigureDocument();
const figure = (text = 'a') =>
  svgElement(dom, 'svg', { xmlns: 'http://www.w3.org/2000/svg', width: 40, height: 20 }, [
    svgElement(dom, 'rect', { width: 40, height: 20, fill: '#0072B2' }),
    svgElement(dom, 'text', { y: 15, 'aria-label': '<&"' }, text),
  ]);

test('SVG is text in which names of users are escaped, and without control characters', async () => {
  const svg = new TextDecoder().decode(await encodeFigure(figure('a\u0000 <b> & \u001b[31m'), 'svg'));
  assert.ok(svg.startsWith('<svg ') && svg.endsWith('</svg>\n'));
  assert.ok(svg.includes('>a &lt;b&gt; &amp; [31m<'), svg);
  assert.ok(svg.includes('&lt;&amp;&quot;'), svg);
});

test('PNG is three pixels for one, and what the SVG draws', async () => {
  const png = await encodeFigure(figure(''), 'png');
  assert.equal([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const { width, height, data } = PNG.sync.read(Buffer.from(png));
  assert.equal([width, height], [120, 60]);
  assert.equal([...data.subarray(0, 4)], [0x00, 0x72, 0xb2, 0xff]);
});

test('PNG has letters', async () => {
  const [without, written] = [
    await encodeFigure(figure(''), 'png'),
    await encodeFigure(figure('mmm'), 'png'),
  ];
  assert.not.equal(
    [...PNG.sync.read(Buffer.from(written)).data],
    [...PNG.sync.read(Buffer.from(without)).data],
  );
});

test('a file is written whole, and over another one only by force', async () => {
  const path = join(folder, 'new', 'figure.svg');
  await writeFigure(path, figure(), 'svg', false);
  assert.ok(existsSync(path));
  let refused = '';
  await writeFigure(path, figure('b'), 'svg', false).catch((error) => {
    refused = error.message;
  });
  assert.is(refused, `${path} exists already; name another file with --out, or write over it with --force`);
  await writeFigure(path, figure('b'), 'svg', true);
  assert.match(readFileSync(path, 'utf8'), />b</);
});

test.run();
