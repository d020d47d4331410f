/** A piece of text that people read, cut out of a file. */
export interface Prose {
  readonly kind: 'comment' | 'document' | 'title' | 'message' | 'api' | 'console';
  /** The text, as long as in the file, so that offsets agree. Code and links in it are masked. */
  readonly text: string;
  /** Offset of `text` in the file. */
  readonly start: number;
}

export interface Finding {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly problem: string;
}

/** Replaces each match by filler of the same length, line breaks kept. */
export function mask(text: string, pattern: RegExp, filler: string): string {
  return text.replace(pattern, (match) => match.replace(/[^\n]/g, filler));
}

/**
 * A span becomes backticks, because "is `x` no" has another meaning than "is no". It ends with its
 * paragraph at the latest, as in Markdown.
 */
export function maskCodeSpans(text: string): string {
  return mask(text, /(?<!`)(`+)(?!`)(?:(?!\n[ \t*]*\n)[\s\S])*?(?<!`)\1(?!`)/g, '`');
}

/** Line of an offset, counted from 1. */
export function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line += 1;
  return line;
}
