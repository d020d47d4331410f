/** Sentry's search syntax (REST contract 1.3). */
export interface SearchQuery {
  /** Words without a key, joined by a space. */
  readonly text: string;
  /** Values by key: any of one key's values, all of the keys. */
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

/** The query with a key's filter set to one value, or without it: what filters beside a search field do to it. */
export function withSearchFilter(query: string, key: string, value: string | null): string {
  const words = splitWords(query).filter((word) => word !== '' && splitFilter(word)?.key !== key);
  const written = value === null ? [] : [`${key}:${/[\s"'():]/.test(value) ? `"${value}"` : value}`];
  return [...words, ...written].join(' ');
}

/** PostgreSQL cannot even be asked for NUL. No text of ours holds the replacement character, so the word still finds nothing. */
function withoutNul(query: string): string {
  return query.replaceAll('\u0000', '\uFFFD');
}

/** Space ends a word, but neither in quotes, which may begin anywhere in it, nor after one that ends in a colon: `foo: bar` is one. */
function splitWords(query: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote: string | null = null;
  /** The last that is no space. */
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

/** A colon makes a filter unless it comes first, or a space or another colon follows it. Groups in parentheses mean nothing. */
function splitFilter(word: string): { key: string; value: string } | null {
  if (/^["':]/.test(word)) return null;
  const colon = word.indexOf(':');
  if (colon < 0 || /[:\s]/.test(word[colon + 1] ?? '')) return null;
  const key = withoutDoubleQuotes(trimStart(word.slice(0, colon), '('));
  return { key, value: withoutSingleQuotes(withoutDoubleQuotes(trimEnd(word.slice(colon + 1), ')'))) };
}

/** A quote that a backslash escapes stays, and so does the backslash. */
function withoutDoubleQuotes(text: string): string {
  const opened = trimStart(text, '"');
  const closed = trimEnd(opened, '"');
  return closed.endsWith('\\') ? opened.slice(0, closed.length + 1) : closed;
}

function withoutSingleQuotes(text: string): string {
  return text.length > 2 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text;
}

// Not by patterns: one that looks for the end of a long run of quotes tries each of its places.
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
