/**
 * Markup that can stand in a page as it is. Only `html` and `trusted` make it, so that a text of a user (the name of a rule, an option, the
 * message of an error) becomes markup nowhere.
 */
export class Html {
  readonly markup: string;
  /** @param key of this file alone */
  constructor(markup: string, key: symbol) {
    if (key !== KEY) throw new Error('markup is made with html`...`');
    this.markup = markup;
  }
}

const KEY = Symbol('html');

/** What can stand in a template: a text is escaped, a list is joined, null is nothing. */
export type HtmlPart = string | number | Html | null | readonly HtmlPart[];

/** Markup with parts in it: html`<td>${text}</td>`. @throws Error for a part in an attribute without quotes, where escaping is not enough */
export function html(literals: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const markup = parts.map((part, i) => {
    if (/=\s*$/.test(literals[i]!)) throw new Error(`an attribute without quotes: ${literals[i]}`);
    return literals[i]! + markupOf(part);
  });
  return new Html(markup.join('') + literals.at(-1)!, KEY);
}

/** Markup that something else than `html` made, and that escapes as well. Not for anything that holds a text of a user. */
export const trusted = (markup: string): Html => new Html(markup, KEY);

function markupOf(part: HtmlPart): string {
  if (part === null) return '';
  if (part instanceof Html) return part.markup;
  return Array.isArray(part) ? part.map(markupOf).join('') : escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  withoutControls(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);

/** Characters that HTML cannot hold, or that turn the direction of what follows them. */
const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
