import assert from 'node:assert/strict';
import { type HistoryLine, inBatches } from '../../../../server/src/cli/history/history-lines.ts';

/** `a1` is a line of the organization a and the merge 1; `a-` names no merge, `-` is no JSON. */
function linesOf(...words: string[]): HistoryLine[] {
  return words.map((word, index) => ({
    number: index + 1,
    text: word,
    org: word[0] === '-' ? null : word[0]!,
    merge: word[1] === undefined || word[1] === '-' ? null : word[1],
  }));
}

function batchesOf(lines: readonly HistoryLine[], linesMin: number): string[] {
  return inBatches(lines, linesMin).map((batch) => batch.lines.map(({ text }) => text).join(' '));
}

describe('a history in batches', () => {
  it('ends a batch after the given number of lines, but never within a merge', () => {
    assert.deepEqual(batchesOf(linesOf('a1', 'a1', 'a1', 'a2', 'a3', 'a3'), 2), ['a1 a1 a1', 'a2 a3 a3']);
    assert.deepEqual(batchesOf(linesOf('a1', 'a1', 'a2', 'a3', 'a3'), 1), ['a1 a1', 'a2', 'a3 a3']);
  });

  it('ends a batch at any line if the lines name no merge', () => {
    assert.deepEqual(batchesOf(linesOf('a-', 'a-', 'a-'), 2), ['a- a-', 'a-']);
  });

  it('ends a batch between organizations, also within a merge', () => {
    assert.deepEqual(batchesOf(linesOf('a1', 'b1', 'b1', 'a1', '-'), 10), ['a1', 'b1 b1', 'a1', '-']);
  });
});
