import {
  appendFileSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ColorType, PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunPrediction } from '../../experiments/index.ts';
import type { ComparisonDocument } from '../../results/index.ts';
import { inThisProcess } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('predict');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-predict-'));
test.after(() => rmSync(folder, { recursive: true }));

const tiny = writeTinyIdx(join(folder, 'tiny'));
const testImages = join(tiny, 't10k-images-idx3-ubyte');
const testLabels = readFileSync(join(tiny, 't10k-labels-idx1-ubyte')).subarray(8);
const SIDE = 8;
const IDX_HEADER = 16;
/** Bytes of a test image. */
const pixelsOf = (image: number): Buffer =>
  readFileSync(testImages).subarray(IDX_HEADER + image * SIDE * SIDE, IDX_HEADER + (image + 1) * SIDE * SIDE);

let runs: ComparisonDocument['runs'] = [];
test.before(async () => {
  const { code, stdout, stderr } = await inThisProcess([
    ...['compare', '--out', join(folder, 'runs'), ...onTiny(tiny), '--rules', 'backprop,segregated-dendrite'],
    ...['--seeds', '1', '--epochs', '2', '--checkpoint', 'every', '--json'],
  ]);
  assert.is(code, 0, stderr);
  runs = JSON.parse(stdout).runs;
});

/** Lines of what is printed, in columns. */
async function predicted(run: string, images: string, ...args: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await inThisProcess(['predict', run, images, ...args]);
  assert.is(code, 0, stderr);
  assert.is(stderr, '');
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

test('the test images are predicted with the test error that was recorded', async () => {
  const [run] = runs;
  const lines = await predicted(run!.folder, testImages);
  assert.equal(
    lines.map(([image]) => image),
    Array.from(testLabels, (_, i) => String(i)),
  );
  const wrong = lines.filter(([, answer], i) => Number(answer) !== testLabels[i]).length;
  assert.is((100 * wrong) / testLabels.length, run!.testScore.last);
  for (const [, answer, text] of lines) {
    const rates = text!.split(' ').map(Number);
    assert.is(rates.length, 3);
    assert.is(rates[Number(answer)], Math.max(...rates));
  }
});

test('--json has the rates in full, and where they come from', async () => {
  const { stdout } = await inThisProcess(['predict', runs[0]!.folder, testImages, '--json']);
  const { checkpoint, step, notes, images } = JSON.parse(stdout) as RunPrediction;
  // Two epochs of 60 examples in batches of 10.
  assert.is(step, 12);
  assert.is(checkpoint, join(runs[0]!.folder, 'checkpoints', 'step-12.safetensors'));
  assert.equal(notes, []);
  const lines = await predicted(runs[0]!.folder, testImages);
  assert.equal(
    images.map(({ image, class: answer, rates }) => [
      image,
      String(answer),
      rates.map((rate) => rate.toFixed(4)).join(' '),
    ]),
    lines,
  );
});

test('a network of spiking neurons answers the same every time', async () => {
  const [, run] = runs;
  assert.is(run!.rule, 'segregated-dendrite');
  const json = () => inThisProcess(['predict', run!.folder, testImages, '--json']);
  assert.equal(await json(), await json());
});

/** Writes an image as a PNG file, by a package that only tests write PNG files with. */
function writePng(
  path: string,
  grey: Uint8Array,
  colorType: ColorType,
  paint: (value: number) => number[],
  [height, width] = [SIDE, SIDE],
): string {
  const png = new PNG({ width, height });
  for (const [i, value] of grey.entries()) png.data.set(paint(value), 4 * i);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, PNG.sync.write(png, { colorType, inputHasAlpha: true }));
  return path;
}

const GREY = (value: number) => [value, value, value, 255];
const COLOUR_TYPES = { grey: 0, rgb: 2, 'grey and alpha': 4, rgba: 6 } as const;

test('an image is answered the same from an IDX file, packed or not, and a PNG file of any colour type', async () => {
  const lines = await predicted(runs[0]!.folder, testImages);
  const packed = join(folder, 'images.gz');
  writeFileSync(packed, gzipSync(readFileSync(testImages)));
  assert.equal(await predicted(runs[0]!.folder, packed), lines);
  for (const [name, colorType] of Object.entries(COLOUR_TYPES)) {
    const path = writePng(join(folder, `${name}.png`), pixelsOf(3), colorType, GREY);
    assert.equal(await predicted(runs[0]!.folder, path), [[`${name}.png`, ...lines[3]!.slice(1)]]);
  }
});

test('a colour counts by its brightness, and what is transparent is black', async () => {
  const grey = pixelsOf(4);
  const brightness = (red: number, green: number, blue: number) =>
    Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  const asGrey = writePng(
    join(folder, 'as-grey.png'),
    grey.map((value) => (value > 100 ? brightness(value, 10, 99) : 0)),
    0,
    GREY,
  );
  const coloured = writePng(join(folder, 'coloured.png'), grey, 6, (value) =>
    value > 100 ? [value, 10, 99, 255] : [255, 255, 255, 0],
  );
  const [plain] = await predicted(runs[0]!.folder, asGrey);
  const [line] = await predicted(runs[0]!.folder, coloured);
  assert.equal(line!.slice(1), plain!.slice(1));
});

test('the PNG files of a folder come in the order of their numbers', async () => {
  const pngs = join(folder, 'pngs');
  for (const image of [10, 9, 2])
    writePng(join(pngs, `digit-${image}.PNG`), pixelsOf(image), COLOUR_TYPES.grey, GREY);
  writeFileSync(join(pngs, 'notes.txt'), 'mine');
  const lines = await predicted(runs[0]!.folder, testImages);
  assert.equal(
    await predicted(runs[0]!.folder, pngs),
    [2, 9, 10].map((image) => [`digit-${image}.PNG`, ...lines[image]!.slice(1)]),
  );
});

test('without its newest checkpoint, the one before it answers, and it is said', async () => {
  const damaged = join(folder, 'damaged');
  cpSync(runs[0]!.folder, damaged, { recursive: true });
  appendFileSync(join(damaged, 'checkpoints', 'step-12.safetensors'), 'x');
  const { code, stdout, stderr } = await inThisProcess(['predict', damaged, testImages]);
  assert.is(code, 0);
  assert.is(stdout.split('\n').length, 31);
  assert.match(
    stderr,
    /^dendrite: the weights are those after 6 minibatches, as \S+step-12\.safetensors is [^\n]+\n$/,
  );
});

/** Checks that a prediction is refused in one sentence. */
async function refused(args: readonly string[], pattern: RegExp, code = 1): Promise<void> {
  const result = await inThisProcess(['predict', ...args]);
  assert.is(result.code, code, result.stderr);
  assert.is(result.stdout, '');
  assert.match(result.stderr, pattern);
  assert.match(result.stderr, /^dendrite: [^\n]+\n$/);
}

test('images that do not fit are one sentence', async () => {
  const run = runs[0]!.folder;
  const wide = writePng(join(folder, 'wide.png'), new Uint8Array(40), 0, GREY, [4, 10]);
  await refused(
    [run, wide],
    /wide\.png has images of 4x10 pixels, but the network was trained on 8x8; bring/,
  );
  await refused([run, join(tiny, 't10k-labels-idx1-ubyte')], /is not an IDX file of images/);
  await refused(
    [run, join(folder, 'none.png')],
    /cannot read \S+none\.png \(no such file or directory\); give an/,
  );
  mkdirSync(join(folder, 'empty'));
  await refused(
    [run, join(folder, 'empty')],
    /holds no \.png files; give an IDX file of images, a PNG file, or/,
  );
  const other = join(folder, 'other.idx');
  writeFileSync(other, Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6]));
  await refused([run, other], /other\.idx has images of 1x2 pixels, but the network was trained on 8x8/);
  await refused([run], /an argument is missing/, 2);
});

test('a PNG file that is damaged anywhere is one sentence, or the image that it was', async () => {
  const run = runs[0]!.folder;
  const path = writePng(join(folder, 'hurt.png'), pixelsOf(5), COLOUR_TYPES.rgb, GREY);
  const whole = readFileSync(path);
  const [line] = await predicted(run, path);
  const damages = [
    ...Array.from({ length: 12 }, (_, i) => whole.subarray(0, Math.floor((whole.length * i) / 12))),
    ...Array.from({ length: 24 }, (_, i) => {
      const flipped = Buffer.from(whole);
      const at = Math.floor((whole.length * i) / 24);
      flipped[at]! ^= 1 << (i % 8);
      return flipped;
    }),
  ];
  for (const damage of damages) {
    writeFileSync(path, damage);
    const { code, stdout, stderr } = await inThisProcess(['predict', run, path]);
    if (code === 0) assert.equal(stdout, `${line!.join('\t')}\n`);
    else assert.match(stderr, /^dendrite: \S+hurt\.png (is|has) [^\n]+\n$/);
  }
});

test('a run that cannot answer is one sentence', async () => {
  await refused([join(folder, 'none'), testImages], /config\.json cannot be read because it does not exist/);
  const bare = join(folder, 'bare');
  cpSync(runs[0]!.folder, bare, { recursive: true });
  rmSync(join(bare, 'checkpoints'), { recursive: true });
  await refused(
    [bare, testImages],
    /holds no checkpoints, and so no weights; train it again without --checkpoint/,
  );
  // The weights of another run.
  mkdirSync(join(bare, 'checkpoints'));
  copyFileSync(
    join(runs[1]!.folder, 'checkpoints', 'step-12.safetensors'),
    join(bare, 'checkpoints', 'step-12.safetensors'),
  );
  await refused([bare, testImages], /the checkpoint belongs to another run/);
  const labels = readFileSync(join(tiny, 'train-labels-idx1-ubyte'));
  labels[8] = 2;
  writeFileSync(join(tiny, 'train-labels-idx1-ubyte'), labels);
  await refused(
    [runs[0]!.folder, testImages],
    /is not the one that \S+ was trained on: its content has changed/,
  );
});

test.run();
