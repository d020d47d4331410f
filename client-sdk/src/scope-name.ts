import type { Scope } from '@rollcall/protocol';

/**
 * The scopes of the operator's own product, which the server's PERMISSIONS_FILE defines. A program
 * declares those that it uses, so that a misspelled scope doesn't compile:
 *
 * ```ts
 * declare module '@rollcall/client' {
 *   interface ProductScopes {
 *     'invoice:approve': true;
 *   }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: programs add its keys.
export interface ProductScopes {}

export type ProductScope = keyof ProductScopes & string;

/** A built-in scope, or one that the program has declared in `ProductScopes`. */
export type ScopeName = Scope | ProductScope;
