import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashDataset } from '../../data/index.ts';
import { tinyDataset } from '../../training/index.ts';
import { contender, FIRST, type PageState, readAddress, writeAddress } from '../../web/playground/address.ts';
import { blank, likeMnist, SIDE, withStroke } from '../../web/playground/digits/drawing.ts';
import { loadDataset, packDataset, unpackDataset } from '../../web/playground/digits/pack.ts';
import { compile } from '../../web/playground/editor/compile.ts';
import { Gate } from '../../web/playground/run/gate.ts';
import { nextLook } from '../../web/playground/run/looks.ts';
import { Turns } from '../../web/playground/run/turns.ts';

/** Parts of the playground that need no browser. */
const test = suite('playground: parts');

test('an address gives back the state that it was written of', () => {
  const states: PageState[] = [
    FIRST,
    {
      contenders: [
        { rule: 'backprop', batch: 20, learningRate: [0.1, 0.05] },
        contender('backprop'),
        { rule: null, batch: null, learningRate: [1e-7] },
      ],
      ...{ hidden: [30, 20], epochs: 3, seed: 0, kernels: 'exact', speed: null, digit: 1999, neuron: 7 },
    },
    { ...FIRST, hidden: [] },
  ];
  for (const state of states) {
    assert.equal(readAddress(`#${writeAddress(state, 'a-_9')}`), { state, source: 'a-_9' });
    assert.equal(readAddress(writeAddress(state, '')).source, '');
  }
});

test('what is wrong in an address is as on a first visit', () => {
  const wrong = '#rules=backprop&hidden=a,-1&epochs=0&seed=1.5&kernels=x&speed=-3&digit=-1&neuron=x';
  assert.equal(readAddress(wrong).state, FIRST);
  assert.equal(readAddress('').state, FIRST);
  const { contenders } = readAddress('#rules=a,b,c,d,e&batch.2=x&learning-rate.1=0').state;
  assert.equal(contenders, ['a', 'b', 'c', 'd'].map(contender));
});

test('a network is looked at after the same examples, however many minibatches come at once', () => {
  const marks = [100, 200, 400, 700, 1000, 1500, 2000, 3000, 4000, 8000, 12000];
  for (const batch of [1, 20, 50, 64, 500]) {
    const looks: number[] = [];
    for (let step = 0; looks.length < 30 && step * batch < 12000; step++)
      if (step > 0 && nextLook(step - 1, batch) === step) looks.push(step);
    const expected = [...new Set(marks.map((mark) => Math.ceil(mark / batch)))];
    assert.equal(
      looks,
      expected.filter((step) => step < Math.ceil(12000 / batch)),
      `batch ${batch}`,
    );
  }
});

test('turns are taken one at a time, in the order in which they are asked for', async () => {
  const turns = new Turns();
  const happened: string[] = [];
  const use = async (name: string): Promise<void> => {
    const end = await turns.take();
    happened.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    happened.push(`${name} ends`);
    end();
  };
  await Promise.all(['a', 'b', 'c'].map(use));
  assert.equal(
    happened,
    ['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
});

/** Whether minibatches may come, as far as the events at hand say. */
const mayPass = (gate: Gate, examples: number): Promise<boolean> =>
  Promise.race([
    gate.pass(examples).then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20)),
  ]);

test('a gate lets none through, one, or all', async () => {
  const gate = new Gate();
  assert.not(await mayPass(gate, 0));
  gate.step();
  assert.is(gate.most(50), 1);
  assert.ok(await mayPass(gate, 0));
  assert.not(await mayPass(gate, 50), 'one is one');
  gate.open();
  assert.is(gate.most(50), Number.POSITIVE_INFINITY);
  for (let i = 0; i < 3; i++) assert.ok(await mayPass(gate, 50));
  gate.close();
  assert.not(await mayPass(gate, 50));
});

test('a limit that is taken back lets through what waits for it', async () => {
  const gate = new Gate();
  gate.open();
  gate.limit = 1;
  assert.is(gate.most(50), 1);
  const waiting = gate.pass(1_000_000);
  gate.limit = null;
  await waiting;
});

test('a drawing becomes the same digit wherever it is drawn, and fits the box', () => {
  const at = (x: number, y: number, size: number): Float32Array =>
    [
      ...likeMnist(
        withStroke(withStroke(blank(), { x, y }, { x, y: y + size }), { x, y }, { x: x + size / 2, y }),
      ),
    ].reduce((image, value, i) => image.fill(value, i, i + 1), blank());
  const [here, there] = [at(6, 5, 10), at(15, 12, 10)];
  assert.ok(here.every((value, i) => Math.abs(value - there[i]!) < 1e-5));
  const centre = (of: (i: number) => number, image: Float32Array): number =>
    image.reduce((sum, ink, i) => sum + ink * (of(i) + 0.5), 0) / image.reduce((sum, ink) => sum + ink, 0);
  for (const image of [here, at(3, 2, 24)]) {
    assert.ok(Math.abs(centre((i) => i % SIDE, image) - SIDE / 2) < 0.1);
    assert.ok(Math.abs(centre((i) => Math.floor(i / SIDE), image) - SIDE / 2) < 0.1);
  }
  const rows = new Set([...at(3, 2, 24)].flatMap((ink, i) => (ink > 0.05 ? [Math.floor(i / SIDE)] : [])));
  assert.ok(rows.size <= 21, `${rows.size} rows`);
});

test('a dataset is packed and unpacked', async () => {
  const dataset = tinyDataset();
  const unpacked = unpackDataset(packDataset(dataset));
  assert.is(await hashDataset(unpacked), await hashDataset(dataset));
  assert.equal(
    [unpacked.name, unpacked.title, unpacked.comparable],
    [dataset.name, dataset.title, dataset.comparable],
  );
});

test('the digits of the site are loaded, and damaged ones refused in a sentence', async () => {
  const dataset = tinyDataset();
  const file = gzipSync(packDataset(dataset));
  assert.is(await hashDataset(await loadDataset(new Blob([file]))), await hashDataset(dataset));
  for (const damaged of [
    file.subarray(0, file.length >> 1),
    file.map((byte, i) => (i === 40 ? ~byte : byte)),
  ]) {
    const problem = await loadDataset(new Blob([damaged])).then(
      () => 'none',
      (error: Error) => error.message,
    );
    assert.is(problem, 'the digits arrived damaged; load the page again');
  }
});

test('a compiled rule has its lines, and a mistake its own', () => {
  const source = readFileSync('examples/own-rule/sign-symmetry.ts', 'utf8');
  const lines = source.split('\n');
  const compiled = compile(source);
  assert.ok('code' in compiled);
  assert.not.match(compiled.code, /Direction\b/);
  const line = (code: string, text: string): number =>
    code.split('\n').findIndex((one) => one.includes(text));
  assert.is(line(compiled.code, 'for (let l'), line(source, 'for (let l'));
  for (const [i, text] of lines.entries()) {
    if (!text.endsWith(';') || text.includes('import')) continue;
    const broken = compile(lines.with(i, `${text} const = 1;`).join('\n'));
    assert.is('line' in broken && broken.line, i + 1, text);
  }
});

test.run();
