/** A parsed `query=`: free text, and values by key. Any of one key's values, all of the keys (REST contract 1.3). */
export interface SearchTerms {
  readonly text: string;
  readonly filters: ReadonlyMap<string, readonly string[]>;
}
