/** The API's search syntax, so that what is typed here and what a program sends mean the same. */
export interface SearchQuery {
  /** Words without a key, joined by a space. */
  readonly text: string;
  /** Values by key: any of one key's values, all of the keys. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
}

/** A word: quoted parts may stand anywhere in it, and a backslash keeps a quote from ending its part. */
const wordPattern = /(?:[^\s"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|["'])+/g;
const operators = new Set(['AND', 'OR', '(', ')', '()']);

export function parseSearch(query: string): SearchQuery {
  const words: string[] = [];
  const filters = new Map<string, string[]>();
  for (const word of query.match(wordPattern) ?? []) {
    if (operators.has(word.toUpperCase()) || /^[()]+$/.test(word)) continue;
    const filter = splitFilter(word);
    if (filter) filters.set(filter.key, [...(filters.get(filter.key) ?? []), filter.value]);
    else words.push(unquote(word));
  }
  return { text: words.join(' '), filters };
}

/** A colon makes a filter unless it comes first, or a space, the end or another colon follows it. */
function splitFilter(word: string): { key: string; value: string } | null {
  if (word.startsWith('"') || word.startsWith("'")) return null;
  const colon = word.indexOf(':');
  if (colon <= 0 || colon === word.length - 1 || word[colon + 1] === ':') return null;
  return { key: word.slice(0, colon), value: unquote(word.slice(colon + 1)) };
}

function unquote(word: string): string {
  const match = /^(["'])([\s\S]*)\1$/.exec(word);
  return match && word.length > 1 ? match[2]!.replaceAll(`\\${match[1]}`, match[1]!) : word;
}

/** The query with a key's filter set to one value, or without it: what the filters above the table do to the search. */
export function withFilter(query: string, key: string, value: string | null): string {
  const words = (query.match(wordPattern) ?? []).filter((word) => splitFilter(word)?.key !== key);
  const written = value === null ? [] : [`${key}:${/[\s"':]/.test(value) ? JSON.stringify(value) : value}`];
  return [...words, ...written].join(' ');
}
