import type { Expression, SqlBool } from 'kysely';
import { inSearch } from '../../../read-path/queries/search-conditions.ts';

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

/**
 * Marks the condition of several terms as a search. Identity providers send one term, once per
 * person.
 */
export function markedIfSeveral(terms: readonly ScimTerm[], condition: Expression<SqlBool>): Expression<SqlBool> {
  return terms.length > 1 ? inSearch(condition) : condition;
}
