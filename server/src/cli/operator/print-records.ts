/** The title of a column, and the text of a record in it. */
export type Column<T> = readonly [title: string, text: (record: T) => string];

/** The text of an absent value. */
export const none = '-';

/**
 * Prints records as they arrive: as JSON Lines, or as a table whose columns are as wide as the
 * first page needs.
 */
export async function printRecords<T>(
  pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
  columns: readonly Column<T>[],
  isJson: boolean,
): Promise<void> {
  let widths: readonly number[] | null = null;
  for await (const page of pages) {
    if (isJson) {
      for (const record of page) console.log(JSON.stringify(record));
      continue;
    }
    const rows = page.map((record) => columns.map(([, text]) => text(record)));
    if (widths === null && rows.length > 0) {
      const titles = columns.map(([title]) => title);
      widths = titles.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)));
      rows.unshift(titles);
    }
    for (const row of rows) console.log(inColumns(row, widths!));
  }
}

function inColumns(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((text, index) => text.padEnd(widths[index]!))
    .join('  ')
    .trimEnd();
}
