import assert from 'node:assert/strict';
import { type Column, printRecords } from '../../../server/src/cli/operator/print-records.ts';

interface Item {
  readonly id: string;
  readonly name: string;
}

describe('a printed list', () => {
  const columns: readonly Column<Item>[] = [
    ['ID', ({ id }) => id],
    ['NAME', ({ name }) => name],
  ];
  const pages = [
    [
      { id: '1', name: 'Ada' },
      { id: '2000', name: 'Grace' },
    ],
    [{ id: '3', name: 'Edsger' }],
  ];

  /** The lines that were printed by the end of each page. */
  async function print(isJson: boolean): Promise<string[][]> {
    const lines: string[] = [];
    const seen: string[][] = [];
    const { log } = console;
    async function* arriving() {
      for (const page of pages) {
        seen.push([...lines]);
        yield page;
      }
    }
    console.log = (line: string) => void lines.push(line);
    try {
      await printRecords(arriving(), columns, isJson);
    } finally {
      console.log = log;
    }
    return [...seen.slice(1), lines];
  }

  it('has a line for each record as soon as its page arrives', async () => {
    const first = ['ID    NAME', '1     Ada', '2000  Grace'];
    assert.deepEqual(await print(false), [first, [...first, '3     Edsger']]);
  });

  it('consists of JSON Lines with --json', async () => {
    const [, lines] = await print(true);
    assert.deepEqual(
      lines!.map((line) => JSON.parse(line)),
      pages.flat(),
    );
  });
});
