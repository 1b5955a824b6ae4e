import type { ComponentChildren } from 'preact';
import { useNavigate } from './link.tsx';

/** A column of a table that can be sorted. */
export interface Column<Row> {
  readonly id: string;
  readonly heading: string;
  /** What a reader must know of the numbers. */
  readonly hint?: string;
  readonly as: 'text' | 'number';
  /** What rows are sorted by; null comes last. */
  value(row: Row): number | string | null;
  cell(row: Row): ComponentChildren;
}

const ROWS_A_PAGE = 50;

/** The order is in the address: `sort` names a column, with `-` before it for the largest first. */
export function SortableTable<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}) {
  const { view, tweak } = useNavigate();
  const { sort, page } = view;
  const id = sort?.replace(/^-/, '');
  const isDown = sort?.startsWith('-') ?? false;
  const column = columns.find((one) => one.id === id);
  const sorted = column ? sortedBy(rows, column, isDown) : rows;
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_A_PAGE));
  const shown = Math.min(page, pages);
  const first = (shown - 1) * ROWS_A_PAGE;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the arrow keys */}
      <section class="scroll" aria-label={caption} tabIndex={0}>
        <table>
          <caption class="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((one) => (
                <Heading key={one.id} column={one} sorted={one !== column ? null : isDown ? 'down' : 'up'} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(first, first + ROWS_A_PAGE).map((row) => (
              <tr key={keyOf(row)}>
                {columns.map((one, i) =>
                  i === 0 ? (
                    <th key={one.id} scope="row">
                      {one.cell(row)}
                    </th>
                  ) : (
                    <td key={one.id} class={one.as}>
                      {one.cell(row)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {pages > 1 && (
        <nav class="pages" aria-label={`Pages of the table: ${caption}`}>
          <button type="button" disabled={shown === 1} onClick={() => tweak({ page: shown - 1 })}>
            Previous
          </button>
          <span>
            {first + 1} to {Math.min(rows.length, first + ROWS_A_PAGE)} of{' '}
            {rows.length.toLocaleString('en-US')}
          </span>
          <button type="button" disabled={shown === pages} onClick={() => tweak({ page: shown + 1 })}>
            Next
          </button>
        </nav>
      )}
    </>
  );
}

function Heading<Row>({ column, sorted }: { column: Column<Row>; sorted: 'up' | 'down' | null }) {
  const { tweak } = useNavigate();
  const next = sorted === null ? column.id : sorted === 'up' ? `-${column.id}` : null;
  return (
    <th
      scope="col"
      class={column.as}
      aria-sort={sorted === null ? 'none' : sorted === 'up' ? 'ascending' : 'descending'}
    >
      <button type="button" onClick={() => tweak({ sort: next, page: 1 })}>
        {column.heading}
        <span aria-hidden="true">{sorted === null ? '' : sorted === 'up' ? ' ▲' : ' ▼'}</span>
      </button>
      {column.hint && <small>{column.hint}</small>}
    </th>
  );
}

const TEXTS = new Intl.Collator('en', { numeric: true });

function sortedBy<Row>(rows: readonly Row[], { value }: Column<Row>, isDown: boolean): Row[] {
  const sign = isDown ? -1 : 1;
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      if (typeof a.value === 'number' && typeof b.value === 'number') return sign * (a.value - b.value);
      return sign * TEXTS.compare(String(a.value), String(b.value));
    })
    .map(({ row }) => row);
}
