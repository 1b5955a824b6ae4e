import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';

/** A control with its name above and one sentence on it below. */
export function Control({
  label,
  explanation,
  children,
}: {
  label: string;
  explanation: ComponentChildren;
  /** Draws the control, which takes these as its id and its `aria-describedby`. */
  children(ids: { id: string; 'aria-describedby': string }): ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="control">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-explanation` })}
      <p class="explanation" id={`${id}-explanation`}>
        {explanation}
      </p>
    </div>
  );
}

/** A button with one sentence on it below. */
export function ExplainedButton({
  label,
  explanation,
  isPrimary = false,
  isDisabled = false,
  press,
}: {
  label: string;
  explanation: string;
  isPrimary?: boolean;
  isDisabled?: boolean;
  press(): void;
}) {
  const id = useId();
  return (
    <div class="control">
      <button
        type="button"
        class={isPrimary ? 'primary' : ''}
        disabled={isDisabled}
        aria-describedby={id}
        onClick={press}
      >
        {label}
      </button>
      <p class="explanation" id={id}>
        {explanation}
      </p>
    </div>
  );
}

/**
 * A text that is taken over when it is left or confirmed.
 * @param read what the text means, or what is wrong with it as a sentence
 */
export function TextControl<T>({
  label,
  explanation,
  text,
  placeholder = '',
  read,
  choose,
}: {
  label: string;
  explanation: ComponentChildren;
  text: string;
  placeholder?: string;
  read(text: string): { value: T } | string;
  choose(value: T): void;
}) {
  const [problem, setProblem] = useState<string | null>(null);
  const take = (input: HTMLInputElement): void => {
    const result = read(input.value.trim());
    setProblem(typeof result === 'string' ? result : null);
    if (typeof result !== 'string' && input.value.trim() !== text) choose(result.value);
  };
  return (
    <Control
      label={label}
      explanation={problem === null ? explanation : <span class="problem">{problem}</span>}
    >
      {(ids) => (
        <input
          {...ids}
          value={text}
          placeholder={placeholder}
          inputMode="decimal"
          autocomplete="off"
          aria-invalid={problem !== null}
          onChange={({ currentTarget }) => take(currentTarget)}
        />
      )}
    </Control>
  );
}

/** Reads a whole number. */
export const readWhole =
  (least: number) =>
  (text: string): { value: number } | string => {
    const value = Number(text);
    return text !== '' && Number.isSafeInteger(value) && value >= least
      ? { value }
      : `It must be a whole number, ${least} or more.`;
  };

/** Reads numbers with commas between them. @param what they are, for a sentence */
export const readNumbers =
  (what: string, isRight: (value: number) => boolean) =>
  (text: string): { value: number[] } | string => {
    const values =
      text === '' ? [] : text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    return values.every(isRight) ? { value: values } : `It must be ${what}, with commas between them.`;
  };
