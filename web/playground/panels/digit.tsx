import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { blank, likeMnist, type Point, SIDE, withStroke } from '../digits/drawing.ts';
import type { Side } from '../duel.ts';
import type { Playground } from '../playground.ts';
import { digitPixels, PixelCanvas, paint } from './canvas.tsx';
import { ExplainedButton, readWhole, TextControl } from './controls.tsx';
import { labelAt } from './labels.ts';
import { Sample } from './plots.tsx';

const TEST_DIGITS = 2000;
const CLASSES = 10;

/** What networks are shown: a drawing, or one of the test digits. */
export interface ShownDigit {
  /** As it was drawn. */
  readonly drawing: Float32Array;
  /** As networks see it. */
  readonly image: Float32Array;
  /** The class that it belongs to; of a drawing, the one that its author says. */
  readonly label: number;
  readonly isDrawn: boolean;
}

export const NOTHING_DRAWN: ShownDigit = { drawing: blank(), image: blank(), label: 0, isDrawn: true };

/** A place to draw a digit, and what every network answers. */
export function Digit({
  page,
  shown,
  show,
}: {
  page: Playground;
  shown: ShownDigit;
  show(shown: ShownDigit): void;
}) {
  const { digit } = page.state;
  const draw = (drawing: Float32Array): void =>
    show({ ...shown, drawing, image: likeMnist(drawing), isDrawn: true });
  const seen = useMemo(() => digitPixels(shown.image, SIDE), [shown.image]);
  return (
    <section class="panel" aria-labelledby="digit-title">
      <h2 id="digit-title">Ask the networks</h2>
      <p class="muted">
        Draw a digit, or take one of the test set, and see what every network answers while it learns.
      </p>
      <div class="drawing">
        <DrawingArea drawing={shown.drawing} draw={draw} />
        <div class="controls">
          <figure class="seen">
            <PixelCanvas pixels={seen} label="The digit as the networks see it" />
            <figcaption class="muted">
              As the networks see it:{' '}
              {shown.isDrawn
                ? 'a drawing is scaled and centred like MNIST’s digits'
                : `test digit ${digit}, a ${shown.label}`}
            </figcaption>
          </figure>
          <ExplainedButton
            label="Clear"
            explanation="Wipes the paper, to draw with mouse, finger or keys."
            press={() => draw(blank())}
          />
          <TextControl
            label="Test digit"
            explanation={`One of the ${TEST_DIGITS.toLocaleString('en-US')} that no network is trained on, from 0.`}
            text={String(digit)}
            read={(text) => {
              const number = readWhole(0)(text);
              return typeof number !== 'string' && number.value >= TEST_DIGITS
                ? `There are ${TEST_DIGITS.toLocaleString('en-US')}: give a number below.`
                : number;
            }}
            choose={(value) => page.show({ digit: value })}
          />
          <ExplainedButton
            label="Next test digit"
            explanation="Takes the one after it."
            press={() => page.show({ digit: (digit + 1) % TEST_DIGITS })}
          />
        </div>
      </div>
      <Answers page={page} image={shown.image} />
    </section>
  );
}

/** Takes the test digit that is chosen from the first run that is open. */
export function useTestDigit(page: Playground, show: (shown: ShownDigit) => void): void {
  const { digit } = page.state;
  const side = page.duel?.sides.find(({ opened }) => opened !== null);
  const isOpen = side !== undefined;
  const taken = useRef<number | null>(null);
  useEffect(() => {
    if (!side || taken.current === digit) return;
    void side.digit(digit).then(({ image, label }) => {
      taken.current = digit;
      show({ drawing: image, image, label, isDrawn: false });
    });
  }, [digit, isOpen]);
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Draws with a mouse, a finger or keys. */
function DrawingArea({ drawing, draw }: { drawing: Float32Array; draw(drawing: Float32Array): void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<Point | null>(null);
  const [pen, setPen] = useState<Point>({ x: SIDE / 2, y: SIDE / 2 });
  const [hasKeys, setHasKeys] = useState(false);
  useEffect(() => paint(canvas.current!, digitPixels(drawing, SIDE)), [drawing]);

  const pointAt = (event: PointerEvent): Point => {
    const { left, top, width, height } = canvas.current!.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * SIDE, y: ((event.clientY - top) / height) * SIDE };
  };
  const begin = (event: PointerEvent): void => {
    canvas.current!.setPointerCapture(event.pointerId);
    last.current = pointAt(event);
    draw(withStroke(drawing, last.current, last.current));
  };
  const move = (event: PointerEvent): void => {
    if (!last.current) return;
    const point = pointAt(event);
    draw(withStroke(drawing, last.current, point));
    last.current = point;
  };
  const press = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const within = (value: number): number => Math.min(SIDE - 0.5, Math.max(0.5, value));
      const next = { x: within(pen.x + arrow.x), y: within(pen.y + arrow.y) };
      if (event.shiftKey) draw(withStroke(drawing, pen, next));
      setPen(next);
    } else if (event.key === ' ') draw(withStroke(drawing, pen, pen));
    else if (event.key === 'Delete' || event.key === 'Backspace') draw(blank());
    else return;
    setHasKeys(true);
    event.preventDefault();
  };
  return (
    <div class="paper">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes keys of its own */}
      <canvas
        tabIndex={0}
        role="application"
        aria-label="Paper to draw a digit on"
        aria-describedby="paper-keys"
        class="pixels"
        ref={canvas}
        width={SIDE}
        height={SIDE}
        onPointerDown={begin}
        onPointerMove={move}
        onPointerUp={() => {
          last.current = null;
        }}
        onPointerCancel={() => {
          last.current = null;
        }}
        onKeyDown={press}
        onBlur={() => setHasKeys(false)}
      />
      {hasKeys && (
        <span
          class="pen"
          style={{ left: `${(100 * pen.x) / SIDE}%`, top: `${(100 * pen.y) / SIDE}%` }}
          aria-hidden="true"
        />
      )}
      <p class="explanation" id="paper-keys">
        Arrows move the pen, with Shift they draw; Space inks a point, Delete wipes the paper.
      </p>
    </div>
  );
}

/** Output rates as shares of their sum: of a softmax these are the rates themselves. */
export function sharesOf(rates: Float32Array): number[] {
  const positive = Array.from(rates, (rate) => Math.max(0, rate));
  const sum = positive.reduce((total, rate) => total + rate, 0);
  return positive.map((rate) => (sum > 0 ? rate / sum : 1 / rates.length));
}

function Answers({ page, image }: { page: Playground; image: Float32Array }) {
  const sides = page.duel?.sides ?? [];
  const [answers, setAnswers] = useState<ReadonlyMap<Side, Float32Array>>(new Map());
  const asked = useRef(new WeakMap<Side, { image: Float32Array; looks: number }>());
  useEffect(() => {
    for (const side of sides) {
      const before = asked.current.get(side);
      const isNew = before?.image !== image || before.looks !== side.looks.length;
      if (side.opened === null || side.state === 'failed' || !isNew) continue;
      asked.current.set(side, { image, looks: side.looks.length });
      void side.ask(image).then((rates) =>
        setAnswers((known) => {
          const current = [...known].filter(([other]) => sides.includes(other));
          return new Map([...current, [side, rates]]);
        }),
      );
    }
  });
  return (
    <div class="answers">
      {sides.map((side, place) => {
        const rates = answers.get(side);
        const shares = rates ? sharesOf(rates) : null;
        const best = shares ? shares.indexOf(Math.max(...shares)) : null;
        return (
          <div class="answer" key={labelAt(page, place)} data-answer={best}>
            <p>
              <Sample place={place} /> {labelAt(page, place)}:{' '}
              <strong>{best === null ? '–' : `${best}, ${Math.round(100 * shares![best]!)}\u00a0%`}</strong>
            </p>
            <ol class="bars" aria-label={`Share of the output rates of each class, ${labelAt(page, place)}`}>
              {Array.from({ length: CLASSES }, (_, digit) => {
                const share = shares?.[digit] ?? 0;
                return (
                  <li key={digit} class={digit === best ? 'best' : ''}>
                    <span class="bar" style={{ height: `${100 * share}%` }} aria-hidden="true" />
                    <span>{digit}</span>
                    <span class="visually-hidden">: {Math.round(100 * share)} %</span>
                  </li>
                );
              })}
            </ol>
          </div>
        );
      })}
      <p class="muted">
        Confidence is the share of a class in the output rates; of softmax outputs that is their probability.
      </p>
    </div>
  );
}
