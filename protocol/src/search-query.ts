/** Sentry's search syntax (REST contract 1.3). */
export interface SearchQuery {
  /** Words without a key, joined by a space. */
  readonly text: string;
  /** Values by key. A result matches any value of a key, and all keys. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
}

export function parseSearchQuery(query: string | null): SearchQuery {
  const words: string[] = [];
  const filters = new Map<string, string[]>();
  for (const word of splitWords(withoutNul(query ?? ''))) {
    if (/^([()]*|and|or)$/i.test(word)) continue;
    const filter = splitFilter(word);
    if (filter) {
      const values = filters.get(filter.key);
      if (values) values.push(filter.value);
      else filters.set(filter.key, [filter.value]);
    } else words.push(withoutSingleQuotes(trimEnd(trimStart(word, '"()'), '"()')));
  }
  return { text: words.join(' '), filters };
}

/**
 * Sets a key's filter in the query to one value, or removes it. Used by filters beside a search
 * field.
 */
export function withSearchFilter(query: string, key: string, value: string | null): string {
  const words = splitWords(query).filter((word) => word !== '' && splitFilter(word)?.key !== key);
  const written = value === null ? [] : [`${key}:${/[\s"'():]/.test(value) ? `"${value}"` : value}`];
  return [...words, ...written].join(' ');
}

/**
 * PostgreSQL rejects NUL in parameters. No stored text contains the replacement character, so the
 * word still matches nothing.
 */
function withoutNul(query: string): string {
  return query.replaceAll('\u0000', '\uFFFD');
}

/**
 * A space ends a word, except in quotes, which may begin anywhere in a word, and after a word that
 * ends in a colon: `foo: bar` is one word.
 */
function splitWords(query: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote: string | null = null;
  /** The last character that is not a space. */
  let last = '';
  for (let at = 0; at < query.length; at++) {
    const character = query[at]!;
    const isSpace = /\s/.test(character);
    if (isSpace && quote === null && last !== ':') {
      words.push(word);
      word = '';
      continue;
    }
    word += character;
    if (!isSpace) last = character;
    if (quote !== null && character === '\\' && query[at + 1] === quote) word += query[++at];
    else if (character === quote) quote = null;
    else if (quote === null && (character === '"' || character === "'")) quote = character;
  }
  return [...words, word].map((found) => found.trim());
}

/**
 * A colon makes a filter unless it comes first, or a space or another colon follows it. Parentheses
 * have no meaning.
 */
function splitFilter(word: string): { key: string; value: string } | null {
  if (/^["':]/.test(word)) return null;
  const colon = word.indexOf(':');
  if (colon < 0 || /[:\s]/.test(word[colon + 1] ?? '')) return null;
  const key = withoutDoubleQuotes(trimStart(word.slice(0, colon), '('));
  return { key, value: withoutSingleQuotes(withoutDoubleQuotes(trimEnd(word.slice(colon + 1), ')'))) };
}

/** An escaped quote stays, and so does its backslash. */
function withoutDoubleQuotes(text: string): string {
  const opened = trimStart(text, '"');
  const closed = trimEnd(opened, '"');
  return closed.endsWith('\\') ? opened.slice(0, closed.length + 1) : closed;
}

function withoutSingleQuotes(text: string): string {
  return text.length > 2 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text;
}

// Trims without a regular expression, because a pattern for the end of a long run of quotes would
// be tried at each position.
function trimStart(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text[start]!)) start++;
  return text.slice(start);
}

function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
