import type { KernelChoice } from './run/messages.ts';

/** One of the rules that duel. */
export interface Contender {
  /** Name of a built-in rule; null: the rule that is typed in. */
  readonly rule: string | null;
  /** Null: as the rule's recipe has it. */
  readonly batch: number | null;
  /** One for all connections or one for each, input side first; null: as the rule's recipe has it. */
  readonly learningRate: readonly number[] | null;
}

/** All that a duel depends on, and what is shown of it: the state of the page, which its address has. */
export interface PageState {
  readonly contenders: readonly Contender[];
  /** Neurons of the hidden layers, lowest first. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly seed: number;
  readonly kernels: KernelChoice;
  /** Examples a second at most; null: as fast as the machine can. */
  readonly speed: number | null;
  /** The test digit that is looked at, from 0. */
  readonly digit: number;
  /** The hidden neuron that views look at, from 0; null: the one that a target changes most. */
  readonly neuron: number | null;
}

export const FEWEST = 2;
export const MOST = 4;

/** What stands for the rule that is typed in. */
const OWN = 'own';

export const contender = (rule: string | null): Contender => ({ rule, batch: null, learningRate: null });

/** What a first visit shows. */
export const FIRST: PageState = {
  contenders: [contender('backprop'), contender('feedback-alignment'), contender('equilibrium-propagation')],
  hidden: [100],
  epochs: 5,
  seed: 1,
  kernels: 'fastest',
  speed: 2000,
  digit: 0,
  neuron: null,
};

const numbers = (text: string): number[] => text.split(',').filter(Boolean).map(Number);

/** A whole number from `least` on, or null. */
function whole(text: string | null, least = 1): number | null {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) && value >= least ? value : null;
}

/**
 * The text after the `#` of the page's address. What is as on a first visit is left out, but for the rules.
 * @param source of the rule that is typed in, packed; '' where there is none
 */
export function writeAddress(state: PageState, source: string): string {
  const { contenders, hidden, speed } = state;
  const parts = new Map<string, string>();
  parts.set('rules', contenders.map(({ rule }) => rule ?? OWN).join(','));
  for (const [i, { batch, learningRate }] of contenders.entries()) {
    if (batch !== null) parts.set(`batch.${i + 1}`, String(batch));
    if (learningRate !== null) parts.set(`learning-rate.${i + 1}`, learningRate.join(','));
  }
  // Numbers of a duel are always there: another version's first visit may have others.
  parts.set('hidden', hidden.join(','));
  for (const name of ['epochs', 'seed'] as const) parts.set(name, String(state[name]));
  parts.set('kernels', state.kernels);
  parts.set('speed', speed === null ? 'full' : String(speed));
  for (const name of ['digit', 'neuron'] as const)
    if (state[name] !== FIRST[name]) parts.set(name, String(state[name]));
  if (source !== '') parts.set(OWN, source);
  return [...parts]
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',')}`)
    .join('&');
}

/** What an address says. What is missing or wrong in it is as on a first visit. */
export function readAddress(text: string): { readonly state: PageState; readonly source: string } {
  const parts = new URLSearchParams(text.replace(/^#/, ''));
  const named = (parts.get('rules') ?? '').split(',').filter(Boolean);
  const contenders = named.slice(0, MOST).map((rule, i): Contender => {
    const rates = numbers(parts.get(`learning-rate.${i + 1}`) ?? '');
    return {
      rule: rule === OWN ? null : rule,
      batch: whole(parts.get(`batch.${i + 1}`)),
      learningRate: rates.length > 0 && rates.every((rate) => rate > 0) ? rates : null,
    };
  });
  const hidden = parts.get('hidden');
  const layers = hidden === null ? FIRST.hidden : numbers(hidden);
  const speed = parts.get('speed');
  return {
    state: {
      contenders: contenders.length < FEWEST ? FIRST.contenders : contenders,
      hidden: layers.every((size) => whole(String(size)) !== null) ? layers : FIRST.hidden,
      epochs: whole(parts.get('epochs')) ?? FIRST.epochs,
      seed: whole(parts.get('seed'), 0) ?? FIRST.seed,
      kernels: parts.get('kernels') === 'exact' ? 'exact' : FIRST.kernels,
      speed: speed === 'full' ? null : (whole(speed) ?? FIRST.speed),
      digit: whole(parts.get('digit'), 0) ?? FIRST.digit,
      neuron: whole(parts.get('neuron'), 0),
    },
    source: parts.get(OWN) ?? '',
  };
}
