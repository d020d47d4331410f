import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type ComponentProps, type CSSProperties, type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useMediaQuery } from './media.ts';
import { Select } from './select.tsx';

export interface Column {
  readonly key: string;
  readonly header: ReactNode;
  /** The accessible name of the column, if the header has no text. */
  readonly label?: string;
  readonly isSortable?: boolean;
}

export interface Sort {
  readonly by: string;
  readonly isDescending: boolean;
}

interface VirtualTableProps<Row extends { readonly id: string }> {
  /** The accessible name of the table. */
  readonly label: string;
  readonly columns: readonly Column[];
  /** `grid-template-columns` on wide screens. On narrow screens each row is a card. */
  readonly template: string;
  /** Must be the same array while the rows are the same: a new array is measured again. */
  readonly rows: readonly Row[];
  readonly sort?: Sort;
  readonly rowHeight?: number;
  readonly cardHeight?: number;
  onSort?(sort: Sort): void;
  /** Renders a `VirtualRow` with the cells in the order of the columns. */
  renderRow(row: Row, index: number, measure: MeasureRow): ReactNode;
}

/** The same function for all rows and renders, so that rows can use `memo`. */
export type MeasureRow = (element: HTMLElement | null) => void;

/** Rows rendered outside of the visible part, so that Tab always finds a next row. */
const overscan = 8;

/** The window of a server that renders the first rows. */
const initialRect = { width: 1_280, height: 800 };

/**
 * A table of any length. Only rows near the visible part are in the document, and the page scrolls.
 */
export function VirtualTable<Row extends { readonly id: string }>(props: VirtualTableProps<Row>) {
  const { label, columns, template, rows, sort, rowHeight = 57, cardHeight = 148, onSort, renderRow } = props;
  const isNarrow = useMediaQuery('(max-width: 760px)');
  const body = useRef<HTMLTableSectionElement>(null);
  const [offsetTop, setOffsetTop] = useState(0);
  // A new function would make the virtualizer measure all rows again.
  const getItemKey = useCallback((index: number) => rows[index]!.id, [rows]);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => (isNarrow ? cardHeight : rowHeight),
    overscan,
    initialRect,
    scrollMargin: offsetTop,
    getItemKey,
  });
  useLayoutEffect(() => {
    // Reading the position forces a layout of the whole table, and scrolling does not change it.
    if (virtualizer.isScrolling) return;
    const top = (body.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    setOffsetTop((before) => (Math.abs(before - top) < 1 ? before : top));
  });
  const shown = virtualizer.getVirtualItems();
  const before = shown.length > 0 ? shown[0]!.start - offsetTop : 0;
  const after = shown.length > 0 ? virtualizer.getTotalSize() - (shown.at(-1)!.end - offsetTop) : 0;
  return (
    <div className="rollcall-table-frame">
      {isNarrow && sort && onSort && <SortBy columns={columns} sort={sort} onSort={onSort} />}
      <table
        className="rollcall-table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        style={{ '--rollcall-columns': template } as CSSProperties}
      >
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <HeaderCell key={column.key} column={column} sort={sort} onSort={isNarrow ? undefined : onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {before > 0 && <tr aria-hidden style={{ height: before }} className="rollcall-table-gap" />}
          {shown.map(({ index }) => renderRow(rows[index]!, index, virtualizer.measureElement))}
          {after > 0 && <tr aria-hidden style={{ height: after }} className="rollcall-table-gap" />}
        </tbody>
      </table>
    </div>
  );
}

interface VirtualRowProps extends ComponentProps<'tr'> {
  readonly index: number;
  readonly measure: MeasureRow;
}

export function VirtualRow({ index, measure, ...rest }: VirtualRowProps) {
  return <tr {...rest} ref={measure} data-index={index} aria-rowindex={index + 2} />;
}

interface HeaderCellProps {
  readonly column: Column;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}

function HeaderCell({ column: { key, header, label, isSortable }, sort, onSort }: HeaderCellProps) {
  const isSorted = sort?.by === key;
  if (!isSortable || !onSort)
    return (
      <th scope="col" data-column={key}>
        {label ? <span className="rollcall-visually-hidden">{label}</span> : null}
        {header}
      </th>
    );
  const Arrow = isSorted && sort.isDescending ? ArrowDown : ArrowUp;
  return (
    <th scope="col" data-column={key} aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : undefined}>
      <button
        type="button"
        className="rollcall-table-sort"
        onClick={() => onSort({ by: key, isDescending: isSorted && !sort.isDescending })}
      >
        {header}
        <Arrow size={13} aria-hidden data-idle={!isSorted || undefined} />
      </button>
    </th>
  );
}

interface SortByProps {
  readonly columns: readonly Column[];
  readonly sort: Sort;
  onSort(sort: Sort): void;
}

/** A select for the sort order, since cards have no column headers. */
function SortBy({ columns, sort, onSort }: SortByProps) {
  const choices = columns.flatMap(({ key, header, isSortable }) =>
    isSortable
      ? [false, true].map((isDescending) => ({ by: key, isDescending, label: isDescending ? `${header}, reversed` : String(header) }))
      : [],
  );
  const keyOf = ({ by, isDescending }: Sort) => `${by} ${isDescending}`;
  return (
    <div className="rollcall-table-sort-by">
      <span aria-hidden>Sort by</span>
      <Select
        isSmall
        label="Sort by"
        value={keyOf(sort)}
        options={choices.map((choice) => ({ value: keyOf(choice), label: choice.label }))}
        onValue={(value) => {
          const { by, isDescending } = choices.find((choice) => keyOf(choice) === value)!;
          onSort({ by, isDescending });
        }}
      />
    </div>
  );
}
