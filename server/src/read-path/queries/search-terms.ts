/**
 * A parsed `query=`: free text, and values by key. A row must match all keys, and any value of each
 * key (REST contract 1.3).
 */
export interface SearchTerms {
  readonly text: string;
  readonly filters: ReadonlyMap<string, readonly string[]>;
}
