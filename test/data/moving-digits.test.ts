import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDataset, makeDataset, makeMovingDigits, type Split } from '../../data/index.ts';
import { UserError } from '../../kernels/index.ts';

/** One bright block of 6 x 6 pixels in 28 x 28, which becomes 2 x 2 pixels of the same brightness. */
const block = (count: number) => ({
  images: Uint8Array.from({ length: count * 784 }, (_, i) => {
    const [row, column] = [Math.floor((i % 784) / 28), i % 28];
    return row >= 11 && row < 17 && column >= 11 && column < 17 ? 200 : 0;
  }),
  labels: Uint8Array.from({ length: count }, (_, n) => n % 3),
});
const still = makeDataset({
  ...{ name: 'blocks', title: 'made up', shape: [28, 28], comparable: 'made up' },
  ...{ train: block(300), test: block(20) },
});

/** Where the block stands in each frame of a sequence: row and column of its upper left pixel. */
const placesOf = ({ images }: Split, n: number, frames: number): [number, number][] =>
  Array.from({ length: frames }, (_, t) => {
    const first = (n * frames + t) * 256;
    const frame = images.values.subarray(first, first + 256);
    assert.equal(
      [frame.filter((byte) => byte === 200).length, frame.filter((byte) => byte > 0).length],
      [4, 4],
    );
    const at = frame.indexOf(200);
    return [Math.floor(at / 16), at % 16];
  });

test('a digit goes along one axis by 1 or 2 pixels a frame, and turns at the walls', () => {
  const frames = 24;
  const { train } = makeMovingDigits(still, frames);
  const speeds = new Set<number>();
  for (let n = 0; n < train.images.count; n++) {
    const places = placesOf(train, n, frames);
    const steps = places.slice(1).map(([row, column], t) => [row - places[t]![0], column - places[t]![1]]);
    const axis = steps[0]![0] === 0 ? 1 : 0;
    const speed = Math.abs(steps[0]![axis]!);
    speeds.add(speed);
    for (const [t, step] of steps.entries()) {
      assert.is(step[1 - axis], 0);
      assert.is(Math.abs(step[axis]!), speed);
      // The block lies 3 pixels from the corner of the digit, which has places 0 to 8.
      const [at, next] = [places[t]![axis]! - 3, places[t + 1]![axis]! - 3];
      assert.ok(next >= 0 && next <= 8);
      if (t > 0) {
        const isAtWall = at === 0 || at === 8;
        assert.is(step[axis]! === -steps[t - 1]![axis]!, isAtWall, 'it turns at a wall and nowhere else');
      }
    }
  }
  assert.equal([...speeds].sort(), [1, 2]);
});

test('labels are the digit, or the direction of the last step', () => {
  const frames = 7;
  const [digits, directions] = [
    makeMovingDigits(still, frames),
    makeMovingDigits(still, frames, 'direction'),
  ];
  assert.equal(digits.train.images.values, directions.train.images.values);
  assert.equal([...digits.train.labels!.values], [...still.train.labels!.values]);
  assert.is(directions.classes, 4);
  const counts = [0, 0, 0, 0];
  for (const [n, label] of directions.train.labels!.values.entries()) {
    const [before, last] = placesOf(directions.train, n, frames).slice(-2) as [
      [number, number],
      [number, number],
    ];
    const [down, right] = [Math.sign(last[0] - before[0]), Math.sign(last[1] - before[1])];
    assert.equal(
      [right, down],
      [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ][label],
    );
    counts[label]!++;
  }
  assert.ok(
    counts.every((count) => Math.abs(count - 75) < 30),
    `${counts}`,
  );
});

test('a shorter sequence is the beginning of a longer one', () => {
  const [short, long] = [makeMovingDigits(still, 3), makeMovingDigits(still, 9)];
  for (let n = 0; n < 20; n++)
    assert.equal(
      short.train.images.values.subarray(n * 768, (n + 1) * 768),
      long.train.images.values.subarray(n * 2304, n * 2304 + 768),
    );
});

test('the dataset has a sequence for each digit of mnist, of frames below each other', async () => {
  const [moving, mnist] = [await loadDataset('moving-digits:2'), await loadDataset('mnist')];
  assert.equal([moving.frames, moving.shape, moving.width, moving.classes], [2, [32, 16], 512, 10]);
  assert.equal(moving.train.labels!.values, mnist.train.labels!.values);
  assert.equal(moving.test.labels!.values, mnist.test.labels!.values);
  // 3 x 3 pixels made one keep their mean; what is cut off is nearly always dark.
  const sum = (split: Split) => split.images.values.reduce((total, byte) => total + byte, 0);
  const kept = (9 * sum(moving.train)) / 2 / sum(mnist.train);
  assert.ok(kept > 0.995 && kept < 1.005, `${kept}`);
  const part = await loadDataset('moving-digits:2:direction@40');
  assert.equal([part.frames, part.train.images.count, part.classes], [2, 40, 4]);
});

test('other numbers of frames, labels, images and strips are refused with a sentence', async () => {
  for (const argument of ['1', '65', 'five', '5:speed', '5:', '2.5'])
    await loadDataset(`moving-digits:${argument}`).then(
      () => assert.unreachable(argument),
      (error: Error) => {
        assert.instance(error, UserError);
        assert.match(
          error.message,
          /^the dataset 'moving-digits' needs a whole number of frames from 2 to 64/,
        );
      },
    );
  for (const [frames, label, text] of [
    [1, 'digit', '1'],
    [65, 'digit', '65'],
    [2.5, 'direction', '2.5:direction'],
    [Number.NaN, 'digit', 'NaN'],
    [2, 'speed' as 'digit', '2:speed'],
  ] as const)
    assert.throws(
      () => makeMovingDigits(still, frames, label),
      (error: unknown) =>
        error instanceof UserError && error.message.endsWith(`or moving-digits:5:direction, not '${text}'`),
    );
  assert.throws(() => makeMovingDigits(makeMovingDigits(still, 2), 2), /28 x 28 pixels with labels/);
  const strip = { images: new Uint8Array(7) };
  assert.throws(
    () =>
      makeDataset({
        ...{ name: 'strips', title: '', shape: [7, 1], frames: 2, comparable: true },
        ...{ train: strip, test: strip },
      }),
    /has 2 frames, and images of 7 rows/,
  );
});

test.run();
