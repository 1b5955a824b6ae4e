import { UserError } from '../kernels/index.ts';

/** Where something stands in an experiment: keys, and the numbers of entries of lists, from 0. */
export type Place = readonly (string | number)[];

/** A user's mistake at a place of an experiment. */
export class ExperimentMistake extends UserError {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/** Throws an error again: a UserError as a mistake at a place, if it names none yet. */
export const mistakeAt =
  (place: Place) =>
  (error: unknown): never => {
    if (error instanceof ExperimentMistake || !(error instanceof UserError)) throw error;
    throw new ExperimentMistake(place, error.message);
  };

/** Does what reads a place: a UserError that it throws becomes a mistake there. */
export function at<T>(place: Place, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return mistakeAt(place)(error);
  }
}

/** A place as messages show it: `rules[1].options.beta`. */
export const describePlace = (place: Place): string =>
  place.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? key : `${text}.${key}`;
  }, '');
