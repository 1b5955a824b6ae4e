import type { ComparedRun } from '../comparison.schema.ts';
import { type Html, type HtmlPart, html } from './html.ts';

/** Of the runs of a condition. */
export const runsId = (condition: string): string => `runs-${condition}`;

/** Of one run. */
export const runId = ({ condition, seed }: Pick<ComparedRun, 'condition' | 'seed'>): string =>
  `run-${condition}-seed-${seed}`;

/** A link within the page. */
export const linkTo = (id: string, content: HtmlPart): Html =>
  html`<a href="#${encodeURIComponent(id)}">${content}</a>`;

/** A link to a file, by its path from the page: it begins with a point, so that no name is taken for a scheme. */
export const fileLink = (path: string, content: HtmlPart): Html => {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return html`<a href="${encoded.startsWith('..') ? encoded : `./${encoded}`}">${content}</a>`;
};
