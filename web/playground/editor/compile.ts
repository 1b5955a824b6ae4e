import { transform } from 'sucrase';

/** What is wrong with a text, in one sentence, and where. */
export interface Mistake {
  readonly sentence: string;
  /** From 1; null where it is not known. */
  readonly line: number | null;
}

/** A rule file in TypeScript as JavaScript, line by line, or what is wrong with its syntax. Types are left out, not checked. */
export function compile(source: string): { readonly code: string } | Mistake {
  try {
    const { code } = transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      preserveDynamicImport: true,
    });
    return { code };
  } catch (error) {
    const { message, loc } = error as Error & { readonly loc?: { readonly line: number } };
    return { sentence: message.replace(/ \(\d+:\d+\)$/, ''), line: loc?.line ?? null };
  }
}
