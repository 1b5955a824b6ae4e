import { transform } from 'sucrase';

/** What is wrong with a text, in one sentence, and where. */
export interface Mistake {
  readonly sentence: string;
  /** From 1; null where it is not known. */
  readonly line: number | null;
}

/** A rule file in TypeScript as JavaScript, line by line, or what is wrong with its syntax. Types are left out, not checked. */
export function compile(source: string): { readonly code: string } | Mistake {
  const found: Found[] = [];
  try {
    const { code } = noting(found, () =>
      transform(source, {
        transforms: ['typescript'],
        disableESTransforms: true,
        preserveDynamicImport: true,
      }),
    );
    return { code };
  } catch (error) {
    const { message, pos = 0 } = found.reduce(
      (furthest, one) => ((one.pos ?? 0) > (furthest.pos ?? 0) ? one : furthest),
      error as Found,
    );
    return {
      sentence: message.replace(/ \(\d+:\d+\)$/, ''),
      line: source.slice(0, pos).split('\n').length,
    };
  }
}

/** An error of Sucrase, with its place in the text. */
type Found = Error & { readonly pos?: number };

/**
 * Notes every syntax error that comes about. Sucrase reads an arrow function with an error in its body once more as something else, and
 * throws what is wrong with that, at its beginning: of all that it found the furthest is the one that the user made.
 */
function noting<T>(found: Found[], parse: () => T): T {
  const Original = globalThis.SyntaxError;
  // A function and no class, since minifiers leave out `new` before the errors of the language.
  globalThis.SyntaxError = function noted(message?: string) {
    const error = new Original(message);
    found.push(error);
    return error;
  } as SyntaxErrorConstructor;
  try {
    return parse();
  } finally {
    globalThis.SyntaxError = Original;
  }
}
