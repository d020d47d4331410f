import type { Prose } from './prose.ts';
import { links } from './read-text.ts';

const columnsMax = 100;

/**
 * Lines of a comment or document that are wider than prose may be. Tables, headings, code and
 * links can't be wrapped.
 */
export function wideLines({ kind, text, start }: Prose, source: string) {
  if (kind !== 'comment' && kind !== 'document') return [];
  const found: { at: number; problem: string }[] = [];
  let lineStart = source.lastIndexOf('\n', start) + 1;
  while (lineStart < start + text.length) {
    const next = source.indexOf('\n', lineStart);
    const end = next < 0 ? source.length : next;
    const line = source.slice(lineStart, end);
    const isProse =
      kind === 'comment' ? /^\s*(\/\*|\*|\/\/|#|\{\/\*)/.test(line) || lineStart > start : !/^\s*(\||#|<|`[^`]*`\W*$)/.test(line);
    const isMasked = text.slice(Math.max(0, lineStart - start), end - start).trim() === '';
    if (isProse && !isMasked && widthOf(line) > columnsMax)
      found.push({ at: lineStart, problem: `${widthOf(line)} columns: wrap at ${columnsMax}` });
    lineStart = end + 1;
  }
  return found;
}

function widthOf(line: string): number {
  return line.replace(links, '').trimEnd().length;
}
