import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProgress, type Progress } from '../../cli/progress/index.ts';
import { Sweep } from '../../cli/progress/sweep.ts';
import { viewLines } from '../../cli/progress/view-lines.ts';
import { Words } from '../../cli/progress/words.ts';
import { type Experiment, type RunProgress, resolveExperiment } from '../../experiments/index.ts';
import type { RunResult } from '../../results/index.ts';
import { condition, run, spec } from '../results/example.ts';
import { ByHandClock } from './by-hand-clock.ts';
import { Terminal } from './terminal.ts';

const test = suite('progress');

/** An experiment of conditions with these labels, and so many seeds. */
function experimentOf(labels: readonly string[], seeds: number): Experiment {
  const resolved = resolveExperiment({
    rules: ['backprop'],
    seeds: Array.from({ length: seeds }, (_, i) => i + 1),
  });
  return { ...resolved, conditions: labels.map((label) => ({ ...condition('backprop', {}, label) })) };
}

/** All of its runs, none of which is done. */
function startOf({ conditions, seeds }: Experiment) {
  const toDo = conditions.flatMap((one) => seeds.map((seed) => ({ ...spec(seed), condition: one })));
  return { runs: toDo.length, toDo };
}

const progressOf = (label: string, seed: number, changes: Partial<RunProgress> = {}): RunProgress => ({
  ...{ condition: label, label, rule: 'backprop', seed, device: 'cpu', notes: [], guards: [] },
  ...{ epoch: 1, epochs: 10, stepsDone: 0, stepsTotal: 1000, testScore: null },
  ...{ validationScore: null, examplesPerSecond: null },
  ...changes,
});

const failed = (label: string, seed: number, reason: string): RunResult =>
  run(label, seed, [], { status: 'failed', reason, folder: `runs/${label}-seed-${seed}` });

interface Watched {
  readonly clock: ByHandClock;
  readonly terminal: Terminal;
  readonly progress: Progress;
}

/** A comparison that is watched on a terminal of this size, or, of no size, in single lines. */
function watch(
  labels: readonly string[],
  seeds: number,
  size: readonly [columns: number, rows: number] | null,
): Watched {
  const clock = new ByHandClock();
  const terminal = new Terminal(...(size ?? [10_000, 24]));
  Object.assign(terminal, { isTTY: size !== null });
  const experiment = experimentOf(labels, seeds);
  const progress = createProgress(terminal.stream, { experiment, ...startOf(experiment) }, clock);
  return { clock, terminal, progress };
}

test('the time that is left is that of each condition, of the runs that go on at the same time', () => {
  const clock = new ByHandClock();
  const experiment = experimentOf(['quick', 'slow'], 4);
  const sweep = new Sweep(startOf(experiment), clock);
  assert.is(sweep.secondsLeft(), null);
  sweep.update(progressOf('quick', 1));
  sweep.update(progressOf('slow', 1));
  clock.pass(1000);
  assert.is(sweep.secondsLeft(), null, 'nothing has moved');
  sweep.ended(run('quick', 1, [5]));
  sweep.update(progressOf('quick', 2));
  sweep.update(progressOf('slow', 1, { stepsDone: 100 }));
  // Quick ones take 1 s and slow ones 10 s: 3 quick ones and 3.9 slow ones are left, two at a time.
  assert.is(Math.round(sweep.secondsLeft()!), Math.round((3 * 1 + 3.9 * 10) / 2));
  assert.is(sweep.done, 1);
  assert.is(sweep.running.length, 2);
});

test('a run that goes on counts with what is left of it, and one that was stopped not as done', () => {
  const clock = new ByHandClock();
  const experiment = experimentOf(['a'], 3);
  const sweep = new Sweep({ runs: 3, toDo: startOf(experiment).toDo.slice(1) }, clock);
  assert.is(sweep.done, 1);
  sweep.update(progressOf('a', 2, { stepsDone: 500 }));
  clock.pass(1000);
  sweep.update(progressOf('a', 2, { stepsDone: 750 }));
  // A quarter of a run a second: a quarter of this one and one more are left.
  assert.is(Math.round(sweep.secondsLeft()!), 5);
  sweep.ended(run('a', 2, [], { status: 'unfinished' }));
  assert.is(sweep.done, 1);
});

/** Any text, with wide signs, signs without width, and such as move the cursor. */
const anyLabel = fc
  .array(fc.constantFrom('a', 'backprop', ' layers=784,500,10', '漢字', 'é', '\u0301', '-'), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

test('no line of the view is as wide as the terminal, and it has a row to spare', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyLabel, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 20, max: 200 }),
      fc.integer({ min: 2, max: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
      (labels, seeds, running, columns, rows, share, rate) => {
        const experiment = experimentOf(labels, seeds);
        const sweep = new Sweep(startOf(experiment), new ByHandClock());
        const runs = Array.from({ length: running }, (_, i) =>
          progressOf(labels[i % labels.length]!, i + 1, {
            epoch: 1 + Math.floor(share * 99),
            epochs: 100,
            stepsDone: Math.floor(1000 * share),
            examplesPerSecond: rate,
            testScore: share < 0.5 ? null : 100 * share,
          }),
        );
        for (const one of runs) sweep.update(one);
        const words = new Words(experiment);
        const longestName = Math.max(0, ...runs.map((one) => stringWidth(words.name(one))));
        const lines = viewLines({ runs, sweep, words, longestName, columns, rows });
        assert.ok(lines.length >= 1 && lines.length <= rows - 1, `${lines.length} lines in ${rows} rows`);
        for (const line of lines) assert.ok(stringWidth(line) < columns, line);
      },
    ),
    { numRuns: 300 },
  );
});

/** What is seen of two runs and of all in a terminal of this width. */
function seen(columns: number): string[] {
  const { clock, terminal, progress } = watch(
    ['backprop', 'equilibrium-propagation beta=0.1 layers=784,500,10'],
    1000,
    [columns, 24],
  );
  const changes = { epoch: 3, stepsDone: 250, testScore: 6.1, examplesPerSecond: 36_400 };
  progress.update(progressOf('backprop', 12));
  progress.update(progressOf('equilibrium-propagation beta=0.1 layers=784,500,10', 7));
  clock.pass(10_000);
  progress.update(progressOf('backprop', 12, changes));
  progress.update(progressOf('equilibrium-propagation beta=0.1 layers=784,500,10', 7, changes));
  progress.ended(failed('backprop', 1, 'for a reason that is longer than the terminal is wide'));
  clock.pass(200);
  progress.stop();
  const view = terminal.writes.at(-2)!;
  return stripVTControlCharacters(view).split(/\r?\n/).slice(-4, -1);
}

test('a terminal shows as much as it has room for, and names that can still be told apart', () => {
  assert.equal(seen(120), [
    'backprop seed 12                              ━━────────   25 %   epoch 3 of 10   test error 6.10 %   36,400 examples/s',
    'equilibrium-propag… layers=784,500,10 seed 7  ━━────────   25 %   epoch 3 of 10   test error 6.10 %   36,400 examples/s',
    '────────────────────────  1 of 2,000 runs done, 2 running, 1 failed, ETA 11 h',
  ]);
  assert.equal(seen(80), [
    'backprop seed 12                   ━━────────   25 %   3/10   6.10 %   36,400/s',
    'equilibrium-p…s=784,500,10 seed 7  ━━────────   25 %   3/10   6.10 %   36,400/s',
    '────────────────────────  1 of 2,000 runs done, 2 running, 1 failed, ETA 11 h',
  ]);
  assert.equal(seen(40), [
    'backprop seed 12   25 %   3/10   6.10 %',
    'equili…500,10 #7   25 %   3/10   6.10 %',
    '1/2,000, 1 failed, ETA 11 h',
  ]);
  assert.equal(seen(20), ['backprop #12   25 %', 'equi…0,10 #7   25 %', '1/2,000, 1 failed']);
});

test('what must not be missed stays above the view, and of the view nothing is left', () => {
  const { clock, terminal, progress } = watch(['a', 'b'], 2, [60, 10]);
  progress.update(progressOf('a', 1, { notes: ['energy is not measured'] }));
  progress.update(progressOf('b', 1));
  clock.pass(100);
  assert.match(
    terminal.text,
    /^a: energy is not measured\na seed 1 .*\nb seed 1 .*\n.*0 of 4 runs done, 2 running$/,
  );
  // A plug-in prints, in parts.
  terminal.stream.write('first half, ');
  clock.pass(100);
  terminal.stream.write(Buffer.from('second half\nnext line'));
  const reason = 'the loss became NaN in epoch 3, '.repeat(4).trim();
  progress.ended(run('a', 1, [], { status: 'diverged', reason }));
  progress.ended(run('b', 1, [5.123]));
  progress.ended(failed('a', 2, 'the folder runs/a-seed-2 is full'));
  progress.ended(failed('b', 2, 'the folder runs/b-seed-2 is full'));
  clock.pass(100);
  progress.update(progressOf('a', 2, { notes: ['energy is not measured'] }));
  clock.pass(100);
  progress.stop();
  progress.stop();
  terminal.stream.write('the table\n');
  const wrapped = `a seed 1 diverged: ${reason}`.match(/.{1,60}/g)!.map((line) => line.trimEnd());
  assert.equal(terminal.text.split('\n'), [
    'a: energy is not measured',
    'first half, second half',
    'b seed 1 finished, test error 5.12 %',
    ...wrapped,
    'a seed 2 failed: the folder runs/a-seed-2 is full',
    'b seed 2 failed, like a seed 2',
    'next line',
    'the table',
  ]);
});

test('a frame is one write, after which the terminal is in order; without news there is none', () => {
  const { clock, terminal, progress } = watch(['a'], 3, [60, 10]);
  progress.update(progressOf('a', 1));
  clock.pass(1000);
  progress.update(progressOf('a', 1, { stepsDone: 500 }));
  progress.ended(failed('a', 2, 'of a reason'));
  clock.pass(100);
  progress.stop();
  assert.is(terminal.writes.length, 3);
  for (const write of terminal.writes) {
    assert.ok(write.startsWith('\u001b[?25l') && write.endsWith('\u001b[?25h'), JSON.stringify(write));
    // The cursor is below the lines: what a shell prints next damages none.
    assert.match(stripVTControlCharacters(write), /[\r\n]$/);
  }
});

test('lines that a narrower terminal has wrapped are drawn over', () => {
  const { clock, terminal, progress } = watch(['backprop'], 2, [100, 12]);
  progress.update(progressOf('backprop', 1));
  clock.pass(100);
  // As a terminal does it: what was one line of up to 99 signs is two or three.
  terminal.lines = terminal.lines.flatMap((line) => (line === '' ? [''] : line.match(/.{1,40}/g)!));
  terminal.columns = 40;
  terminal.move(terminal.lines.length - 1);
  progress.update(progressOf('backprop', 1, { stepsDone: 500 }));
  clock.pass(100);
  assert.match(terminal.text, /^backprop seed 1 +50 % .*\n0 of 2 runs done, 1 running.*$/);
});

test('a run takes the line of one that has ended, so that the lines of the others stay where they are', () => {
  const { clock, terminal, progress } = watch(['a'], 100, [60, 10]);
  for (const seed of [1, 2, 3]) progress.update(progressOf('a', seed));
  clock.pass(100);
  progress.ended(run('a', 1, [5]));
  clock.pass(100);
  const names = () => terminal.text.split('\n').map((line) => /^a seed \d+/.exec(line)?.[0]);
  assert.equal(names(), ['a seed 1', 'a seed 2', 'a seed 3', undefined]);
  assert.match(terminal.text, /^a seed 1 .*100 % .*5\.00 %/);
  progress.update(progressOf('a', 4));
  clock.pass(100);
  assert.equal(names(), ['a seed 4', 'a seed 2', 'a seed 3', undefined]);
  progress.ended(run('a', 2, [5]));
  clock.pass(1100);
  assert.equal(names(), ['a seed 4', 'a seed 3', undefined]);
  progress.update(progressOf('a', 3, { examplesPerSecond: 100_000 }));
  clock.pass(100);
  assert.match(terminal.text, /\/s/);
  progress.update(progressOf('a', 3));
  clock.pass(100);
  assert.not.match(terminal.text, /\/s/);
  // Of a hundred, those that finish are not listed.
  assert.not.match(terminal.text, /finished/);
});

test('more runs at work than there are rows are counted', () => {
  const { clock, terminal, progress } = watch(['a'], 100, [60, 8]);
  for (let seed = 1; seed <= 32; seed++) progress.update(progressOf('a', seed));
  clock.pass(100);
  const lines = terminal.text.split('\n');
  assert.is(lines.length, 7);
  assert.is(lines[5], '... and 27 more');
});

/** Lets 2,000 runs of 20 ms each end, two at a time. */
function sweepOf2000({ clock, progress }: Watched, end: (seed: number) => RunResult): void {
  for (let seed = 1; seed <= 2000; seed++) {
    progress.update(progressOf('a', seed));
    clock.pass(10);
    if (seed > 1) progress.ended(end(seed - 1));
  }
  progress.ended(end(2000));
  progress.stop();
}

const fullDisk = (seed: number): RunResult =>
  failed('a', seed, `the folder runs/a-seed-${seed} cannot be written because the disk is full`);

test('2,000 runs that fail in one way take a few lines of the terminal, and none of them is lost', () => {
  const watched = watch(['a'], 2000, [100, 24]);
  sweepOf2000(watched, fullDisk);
  const [first, ...others] = watched.terminal.text.split('\n');
  assert.is(first, 'a seed 1 failed: the folder runs/a-seed-1 cannot be written because the disk is full');
  assert.ok(others.length <= 3, others.join('\n'));
  const counts = others.map((line) => /^a seed \d+ and (\d+) others failed, like a seed 1$/.exec(line)?.[1]);
  assert.is(
    counts.reduce((sum, count) => sum + Number(count) + 1, 1),
    2000,
  );
});

/** The lines that were written, and when. */
function timed(watched: Watched): { at: number; line: string }[] {
  const told: { at: number; line: string }[] = [];
  watched.terminal.write = (text: string) => {
    told.push({ at: watched.clock.now(), line: text });
    return true;
  };
  return told;
}

for (const [what, end] of [
  ['finish', (seed: number) => run('a', seed, [5])],
  ['fail in one way', fullDisk],
  ['fail each in its own way', (seed: number) => failed('a', seed, `because of ${'x'.repeat(seed)}`)],
] as const)
  test(`without a terminal there is at most a line a second of 2,000 runs that ${what}, and the last one tells the end`, () => {
    const watched = watch(['a'], 2000, null);
    const told = timed(watched);
    sweepOf2000(watched, end);
    assert.ok(told.length >= 10 && told.length <= 22, String(told.length));
    for (const [i, { at, line }] of told.slice(0, -1).entries()) {
      assert.ok(at - (told[i - 1]?.at ?? 0) >= 1000, `${line} after ${at} ms`);
      assert.is(line.indexOf('\n'), line.length - 1);
    }
    const all = told.map(({ line }) => line).join('');
    if (what === 'finish') {
      assert.match(told.at(-1)!.line, /2,000 of 2,000 runs done\n$/);
      assert.not.match(all, /failed/);
      return;
    }
    assert.match(told.at(-1)!.line, /2,000 of 2,000 runs done, 2,000 failed\n$/);
    const sentences = all.split(/; |\n/).filter((part) => /^a seed \d+/.test(part) && / failed/.test(part));
    const runs = sentences.map((one) => 1 + Number(/ and (\d+) others? failed/.exec(one)?.[1] ?? 0));
    assert.is(
      runs.reduce((sum, count) => sum + count),
      2000,
    );
  });

test('without a terminal, what ends within a second is one line, with the most important first', () => {
  const watched = watch(['a', 'b'], 3, null);
  const told = timed(watched);
  watched.progress.update(progressOf('a', 1, { notes: ['energy is not measured'] }));
  watched.progress.update(progressOf('b', 1));
  watched.progress.ended(run('a', 1, [5.05]));
  watched.progress.ended(failed('b', 1, 'the disk is full'));
  watched.progress.update(
    progressOf('a', 2, { epoch: 3, stepsDone: 240, testScore: 6.1, examplesPerSecond: 36_400 }),
  );
  watched.clock.pass(999);
  assert.equal(told, []);
  watched.clock.pass(2);
  assert.equal(
    told.map(({ line }) => line),
    [
      'a: energy is not measured; b seed 1 failed: the disk is full; a seed 1 finished, test error 5.05 %; ' +
        '2 of 6 runs done, 1 running, 1 failed, ETA 2 s; ' +
        'a seed 2 in epoch 3 of 10 (24 %, test error 6.10 %, 36,400 examples/s)\n',
    ],
  );
});

test('without a terminal, an epoch that takes minutes shows life, and in an hour there are not thousands of lines', () => {
  const watched = watch(['a'], 1, null);
  const told = timed(watched);
  for (let second = 1; second <= 35; second++) {
    watched.progress.update(progressOf('a', 1, { stepsDone: second }));
    watched.clock.pass(1000);
  }
  assert.equal(
    told.map(({ line }) => /in epoch 1 of 10 \((\d) %/.exec(line)?.[1]),
    ['1', '2', '3'],
  );
  for (let second = 36; second <= 3600; second++) {
    watched.progress.update(progressOf('a', 1, { epochs: 10_000, epoch: second }));
    watched.clock.pass(1000);
  }
  assert.ok(told.length > 100 && told.length < 600, String(told.length));
  watched.progress.say('stopping');
  assert.is(told.at(-1)!.line, 'stopping\n');
});

test('what a guard finds is told once for a layer of a condition, with the run that has it first', () => {
  const { clock, terminal, progress } = watch(['a', 'b'], 2, null);
  const fired = (layer: string, sentence: string) => ({ guard: 'dead-layer', layer, sentence, epoch: 1 });
  progress.update(progressOf('a', 1, { guards: [fired('hidden 1', 'hidden 1 is dead after epoch 1')] }));
  progress.update(progressOf('a', 2, { guards: [fired('hidden 1', 'hidden 1 is dead after epoch 2')] }));
  progress.update(progressOf('b', 1, { guards: [fired('hidden 1', 'hidden 1 is dead after epoch 3')] }));
  clock.pass(2000);
  const told = run('a', 2, [9]);
  const { guard, layer, sentence } = fired('hidden 2', 'hidden 2 is dead after epoch 1');
  const epochs = told.epochs.map((epoch) => ({ ...epoch, guards: [{ guard, layer, sentence }] }));
  progress.ended({ ...told, condition: 'a', epochs });
  progress.stop();
  assert.equal(terminal.text.match(/\w seed \d: hidden \d is dead after epoch \d/g), [
    'a seed 1: hidden 1 is dead after epoch 1',
    'b seed 1: hidden 1 is dead after epoch 3',
    'a seed 2: hidden 2 is dead after epoch 1',
  ]);
});

test.run();
