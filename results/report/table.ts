import { type Html, type HtmlPart, html } from './html.ts';

/** A column of a table in the page. */
export interface Column<Row> {
  readonly heading: HtmlPart;
  /** `text` stands left, `number` right. */
  readonly as: 'text' | 'number';
  cell(row: Row): HtmlPart;
}

/** A table in a box of its own, in which it scrolls where the page is narrow. The first column is the heading of its rows. */
export function tableOf<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  rowId: (row: Row) => string | null = () => null,
): Html {
  const [first, ...rest] = columns as [Column<Row>, ...Column<Row>[]];
  const body = rows.map((row) => {
    const id = rowId(row);
    return html`<tr${id === null ? null : html` id="${id}"`}><th scope="row">${first.cell(row)}</th>${rest.map(
      (column) => html`<td class="${column.as}">${column.cell(row)}</td>`,
    )}</tr>
`;
  });
  return html`<div class="box" role="region" aria-label="${caption}" tabindex="0"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${columns.map(({ heading, as }) => html`<th scope="col" class="${as}">${heading}</th>`)}</tr></thead>
<tbody>
${body}</tbody>
</table></div>
`;
}

/** A list of names and values. */
export const definitions = (entries: readonly (readonly [name: string, value: HtmlPart])[]): Html =>
  html`<dl>
${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>\n`)}</dl>
`;

/** A part of the page that can be linked to. */
export const section = (id: string, heading: string, ...content: readonly HtmlPart[]): Html =>
  html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${content}</section>
`;
