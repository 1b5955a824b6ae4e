import { useState } from 'preact/hooks';
import type { Playground } from '../playground.ts';
import { Control, ExplainedButton } from './controls.tsx';

/** Digits a second that can be chosen; null: as fast as the machine can. */
const SPEEDS = [50, 200, 1000, 2000, 5000, 20000, null] as const;

const speedText = (speed: number | null): string =>
  speed === null ? 'full speed' : `${speed.toLocaleString('en-US')} digits/s`;

/** What is done with the duel as a whole. */
export function Toolbar({ page }: { page: Playground }) {
  const { duel, isRunning, state } = page;
  const isOver = duel?.isOver ?? false;
  const isClosed = duel === null || !duel.isOpen;
  const speeds = SPEEDS.includes(state.speed as null) ? SPEEDS : [state.speed, ...SPEEDS];
  return (
    <section class="toolbar" aria-label="Training">
      {isRunning && !isOver ? (
        <ExplainedButton
          label="Pause"
          explanation="Stops all rules after the minibatch at hand."
          isPrimary
          press={() => page.pause()}
        />
      ) : (
        <ExplainedButton
          label="Start"
          explanation="Trains all rules at once, each in a worker of its own."
          isPrimary
          isDisabled={isOver || isClosed}
          press={() => page.start()}
        />
      )}
      <ExplainedButton
        label="One step"
        explanation="Shows each rule one more minibatch, then pauses."
        isDisabled={isOver || isClosed}
        press={() => page.step()}
      />
      <ExplainedButton
        label="Reset"
        explanation="Goes back to the initial weights; the same seed gives the same numbers."
        isDisabled={page.loaded < 1}
        press={() => void page.restart()}
      />
      <Control label="Speed" explanation="Slows training down so that you can watch; it changes no number.">
        {(ids) => (
          <select
            {...ids}
            value={String(state.speed)}
            onChange={({ currentTarget: { value } }) =>
              page.show({ speed: value === 'null' ? null : Number(value) })
            }
          >
            {speeds.map((speed) => (
              <option key={speed} value={String(speed)}>
                {speedText(speed)}
              </option>
            ))}
          </select>
        )}
      </Control>
      <Keeping page={page} />
    </section>
  );
}

/** What is taken away from the page. */
function Keeping({ page }: { page: Playground }) {
  const [copied, setCopied] = useState<string | null>(null);
  const isTooLong = page.hasOwnRule && page.packedSource === null;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      setCopied('The link is copied.');
    } catch {
      setCopied('The browser lets nothing be copied: take the address of the page.');
    }
  };
  return (
    <>
      <ExplainedButton
        label="Copy link"
        explanation={
          isTooLong
            ? 'The rule that you typed is too long for a link: send it as a file.'
            : (copied ??
              'Whoever opens it sees this duel; with exact bits, the same numbers on every machine.')
        }
        press={() => void copy()}
      />
      <ExplainedButton
        label="Save numbers"
        explanation="A JSON file with everything that was measured, and the settings."
        isDisabled={page.duel === null}
        press={() => save(page)}
      />
    </>
  );
}

/** Hands the user a file of what was measured so far. */
function save({ duel }: Playground): void {
  const text = JSON.stringify(
    {
      address: location.href,
      runs: duel!.sides.map(({ order: { seed }, opened, looks, state, problem }) => ({
        ...{ seed, state, problem: problem?.sentence ?? null },
        ...{ condition: opened?.condition, backend: opened?.backend, start: opened?.start, looks },
      })),
    },
    null,
    2,
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = 'dendrite-duel.json';
  link.click();
  URL.revokeObjectURL(link.href);
}
