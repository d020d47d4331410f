/** A page of a list, and the number of all results (REST contract 12). */
export interface ScimPage<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

export interface ScimWindow {
  readonly limit: number;
  readonly offset: number;
}

/** A condition of a filter. All of them must hold. */
export interface ScimTerm {
  readonly attribute: string;
  readonly value: string | boolean;
}
