import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FIGURES } from '../../results/figures/index.ts';
import type { ComparisonDocument } from '../../results/index.ts';
import { execute, inThisProcess, ROOT } from './dendrite.ts';
import { onTiny, writeTinyIdx } from './tiny-idx.ts';

const test = suite('plot');
const folder = mkdtempSync(join(tmpdir(), 'dendrite-plot-'));
test.after(() => rmSync(folder, { recursive: true }));

let comparison = '';
let bare = '';
let microcircuits = '';
test.before(async () => {
  const compare = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await inThisProcess([
      ...['compare', '--out', join(folder, 'runs'), ...onTiny(writeTinyIdx(join(folder, 'tiny')))],
      ...['--epochs', '2', '--json', ...args],
    ]);
    assert.is(code, 0, stderr);
    return dirname((JSON.parse(stdout) as ComparisonDocument).runs[0]!.folder);
  };
  comparison = await compare(
    ...['--rules', 'backprop,feedback-alignment,segregated-dendrite,equilibrium-propagation', '--seeds', '2'],
    ...['--diagnostics', 'angle,feedback-angle'],
  );
  bare = await compare(
    '--rules',
    'backprop',
    '--seeds',
    '1',
    '--diagnostics',
    'none',
    '--checkpoint',
    'none',
  );
  const option = (name: string, value: string) => `dendritic-microcircuit.${name}=${value}`;
  microcircuits = await compare(
    ...['--rules', 'dendritic-microcircuit', '--seeds', '1', '--diagnostics', 'none'],
    ...['--vary', option('dynamics', 'steady,full,latent-equilibrium')],
    ...['--set', option('untaughtTime', '2'), '--set', option('taughtTime', '1')],
  );
});

const plot = (...args: string[]) => inThisProcess(['plot', ...args]);
let files = 0;
/** Draws into a new file. */
async function plotted(figure: string, ...args: string[]): Promise<string> {
  const out = join(folder, `${files++}.svg`);
  const { code, stdout, stderr } = await plot(comparison, '--figure', figure, '--out', out, ...args);
  assert.is(code, 0, stderr);
  assert.is(stdout, `${out}\n`);
  return readFileSync(out, 'utf8');
}

test('without --figure the list says what can be drawn', async () => {
  const { code, stdout } = await plot(comparison);
  assert.is(code, 0);
  for (const { name, description } of FIGURES)
    assert.match(stdout, new RegExp(`^${name} +${description}$`, 'm'));
  assert.not.match(stdout, /not here/);
});

test('the list says of what was not recorded how it is', async () => {
  const { stdout } = await plot(bare);
  assert.match(
    stdout,
    /^angles .*\n +not here: angle was not measured; train again with --diagnostics angle$/m,
  );
  assert.match(stdout, /^confusion .*\n +not here: no checkpoints were written.*without --checkpoint none$/m);
  assert.not.match(stdout, /^curves .*\n +not here/m);
});

for (const { name } of FIGURES)
  test(`${name} is drawn of real runs, and twice the same`, async () => {
    const svg = await plotted(name);
    assert.ok(svg.startsWith('<svg '));
    assert.is(svg, await plotted(name));
  });

const voltagesOf = (dynamics: string, out: string, ...args: string[]) =>
  plot(
    ...[microcircuits, '--figure', 'voltages', '--out', join(folder, out), ...args],
    ...['--condition', `dendritic-microcircuit-dynamics-${dynamics}`],
  );

for (const dynamics of ['full', 'latent-equilibrium'])
  test(`voltages of a microcircuit with dynamics=${dynamics} are drawn, and twice the same`, async () => {
    const [first, second] = [`${dynamics}-1.svg`, `${dynamics}-2.svg`];
    for (const out of [first, second]) {
      const { code, stderr } = await voltagesOf(dynamics, out, '--image', '2');
      assert.is(code, 0, stderr);
    }
    const svg = readFileSync(join(folder, first), 'utf8');
    assert.is(svg, readFileSync(join(folder, second), 'utf8'));
    assert.match(svg, /untaught phase/);
    assert.is(svg.includes('prospective'), dynamics === 'latent-equilibrium');
  });

test('voltages of a microcircuit with steady potentials are refused in one sentence', async () => {
  const { code, stderr } = await voltagesOf('steady', 'never.svg');
  assert.is(code, 1);
  assert.match(
    stderr,
    /^dendrite: the potentials of .* are steady, without time \(dynamics=steady\); [^\n]+\n$/,
  );
  assert.not(existsSync(join(folder, 'never.svg')));
});

test('--help names every figure', async () => {
  const { stdout } = await execute(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'plot', '--help']);
  for (const { name } of FIGURES) assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(name), name);
});

test('--condition and --seed choose what is shown', async () => {
  const one = await plotted('curves', '--condition', 'feedback-alignment', '--seed', '2');
  assert.not.match(one, />backprop</);
  assert.match(one, /seed 2/);
  assert.match(await plotted('confusion', '--condition', 'backprop', '--seed', '2'), /seed 2</);
  for (const figure of ['voltages', 'settling'])
    assert.not.equal(await plotted(figure, '--image', '2'), await plotted(figure), figure);
});

test('--by changes the axis', async () => {
  assert.match(await plotted('angles', '--by', 'seconds'), /Time spent training \(seconds\)/);
});

test('a PNG file comes from its ending or from --format', async () => {
  for (const args of [
    ['--out', join(folder, 'a.PNG')],
    ['--out', join(folder, 'b'), '--format', 'png'],
  ]) {
    const { code, stderr } = await plot(comparison, '--figure', 'scores', ...args);
    assert.is(code, 0, stderr);
    assert.is(readFileSync(args[1]!).toString('latin1', 1, 4), 'PNG');
  }
});

test('without --out the file is named like folder and figure, in the current folder', async () => {
  const program = `import { plotFigure } from ${JSON.stringify(join(ROOT, 'index.ts'))};
    process.chdir(${JSON.stringify(folder)});
    console.log((await plotFigure(${JSON.stringify(`${bare}/`)}, { figure: 'curves' })).path);`;
  const { stdout, stderr } = await execute(process.execPath, [
    ...['--import', 'tsx', '--input-type=module', '-e', program],
  ]);
  assert.match(stdout, /^[\d-]+-compare-curves\.svg\n$/, stderr);
  assert.ok(existsSync(join(folder, stdout.trim())));
});

const MISTAKES: [what: string, args: string[], code: number, pattern: RegExp][] = [
  ['an unknown figure', ['--figure', 'curve'], 1, /there is no figure 'curve'; did you mean 'curves'\?/],
  ['an unknown condition', ['--figure', 'curves', '--condition', 'backprob'], 1, /did you mean 'backprop'\?/],
  [
    'an unknown seed',
    ['--figure', 'curves', '--seed', '9'],
    1,
    /--seed 9: the comparison has the seeds 1, 2/,
  ],
  ['--by of no course', ['--figure', 'scores', '--by', 'seconds'], 1, /--by means nothing for scores/],
  ['--by of nothing', ['--figure', 'curves', '--by', 'minutes'], 2, /--by 'minutes' must be one of examples/],
  ['--image of no voltages', ['--figure', 'curves', '--image', '1'], 1, /--image means nothing for curves/],
  ['an image that is none', ['--figure', 'voltages', '--image', '99'], 1, /there are 30 test images/],
  [
    'a format that is none',
    ['--figure', 'curves', '--format', 'pdf'],
    2,
    /--format 'pdf' must be one of svg, png/,
  ],
  [
    'voltages of rules without dendrites',
    ['--figure', 'voltages', '--condition', 'backprop'],
    1,
    /no network has neurons with dendrites; train one by --rules segregated-dendrite/,
  ],
  [
    'an image to settle on that is none',
    ['--figure', 'settling', '--image', '99'],
    1,
    /there are 30 test images/,
  ],
  [
    'settling of rules without a nudge',
    ['--figure', 'settling', '--condition', 'backprop'],
    1,
    /no network settles under a nudge; train one by --rules equilibrium-propagation/,
  ],
  [
    'feedback weights of rules without any',
    ['--figure', 'feedback-weights', '--condition', 'backprop,equilibrium-propagation'],
    1,
    /keeps feedback weights beside the forward ones; train one by --rules feedback-alignment/,
  ],
];
for (const [what, args, code, pattern] of MISTAKES)
  test(`${what} is one sentence and exit code ${code}`, async () => {
    const result = await plot(comparison, ...args, '--out', join(folder, 'never.svg'));
    assert.is(result.code, code);
    assert.is(result.stdout, '');
    assert.match(result.stderr, pattern);
    assert.match(result.stderr, /^dendrite: [^\n]+\n$/);
    assert.not(existsSync(join(folder, 'never.svg')));
  });

test('what was not recorded is refused with how to record it', async () => {
  const refusal = async (figure: string) => (await plot(bare, '--figure', figure)).stderr;
  assert.match(
    await refusal('alignment'),
    /^dendrite: the figure alignment cannot be drawn: feedback-angle was not measured; train again with --diagnostics feedback-angle\n$/,
  );
  assert.match(await refusal('activity'), /train again without --checkpoint none\n$/);
});

test('receptive fields are those of networks with weights from pixels, and other networks are no error', async () => {
  const root = join(folder, 'others');
  const compare = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await inThisProcess([
      ...['compare', '--out', root, '--seeds', '1', '--diagnostics', 'none', '--json', ...args],
    ]);
    assert.is(code, 0, stderr);
    return dirname((JSON.parse(stdout) as ComparisonDocument).runs[0]!.folder);
  };
  const draw = (at: string, figure: string) =>
    plot(at, '--figure', figure, '--out', join(folder, 'other.svg'), '--force');
  const both = await compare(
    ...[...onTiny(join(folder, 'tiny')), '--rules', 'attention-neuron,backprop', '--epochs', '1'],
    ...['--set', 'attention-neuron.patch=4'],
  );
  assert.is((await draw(both, 'receptive-fields')).stderr, '');
  assert.match(readFileSync(join(folder, 'other.svg'), 'utf8'), /Receptive fields[^<]*backprop/i);
  for (const args of [
    [
      '--rules',
      'astrocyte-attention',
      '--task',
      'associative-recall',
      '--set',
      'astrocyte-attention.pairs=2',
    ],
    [
      ...['--rules', 'backprop-through-time', '--task', 'next-symbol:visited'],
      ...['--dataset', 'graph-worlds:3x3-torus', '--layers', '36,9,810'],
    ],
  ]) {
    const dataset = args.includes('--dataset')
      ? []
      : ['--dataset', 'associative-recall:2', '--layers', '96,4,16'];
    const at = await compare(...args, ...dataset, '--examples', '32');
    const { code, stderr } = await draw(at, 'receptive-fields');
    assert.is(code, 1);
    assert.match(stderr, /^dendrite: no network of the comparison has weights from the pixels [^\n]+\n$/);
    assert.is((await draw(at, 'activity')).stderr, '');
    if (dataset.length === 0)
      assert.match(
        (await draw(at, 'confusion')).stderr,
        /next-symbol:visited has outputs that are no classes/,
      );
  }
});

test('a folder that is no comparison is refused', async () => {
  const { code, stderr } = await plot(folder, '--figure', 'curves');
  assert.is(code, 1);
  assert.match(stderr, /holds no experiment.json; name the folder of a comparison/);
});

test('the packages of figures are not loaded with the command line', async () => {
  const hook = `export function resolve(name, context, next) {
    if (/^(@observablehq|@xmldom|@resvg)/.test(name)) throw new Error('loads ' + name);
    return next(name, context);
  }`;
  const load = (module: string) =>
    execute(process.execPath, [
      ...['--import', 'tsx', '--input-type=module', '-e'],
      `import { register } from 'node:module';
       register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
       await import(${JSON.stringify(module)});`,
    ]);
  const commands = await load(join(ROOT, 'cli/commands/index.ts'));
  assert.is(commands.code, 0, commands.stderr);
  assert.match((await load('@xmldom/xmldom')).stderr, /loads @xmldom/);
});

test.run();
