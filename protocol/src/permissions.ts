import * as z from 'zod/mini';
import { type OrgRoleId, type Scope, scopes, type TeamRoleId } from './roles.ts';

/**
 * Scopes that the operator defines for their own product, and the roles that have them. `can()`
 * evaluates them like the built-in ones. They give no rights in Rollcall itself, and tokens don't
 * carry them.
 */
export interface PermissionTable {
  /** Grows with each table. 0 if there was never a table. */
  readonly version: number;
  readonly scopes: Readonly<Record<string, ScopeRoles>>;
}

export interface ScopeRoles {
  readonly orgRoles: readonly OrgRoleId[];
  readonly teamRoles: readonly TeamRoleId[];
}

export const noPermissions: PermissionTable = { version: 0, scopes: {} };

/** A product scope, or a built-in one, with completion for the built-in ones. */
export type ScopeName = Scope | (string & Record<never, never>);

/**
 * The most scopes in a table. Each connected client receives it, and with the longest names it has
 * 20 KB.
 */
export const productScopesMax = 100;
const productScopePattern = /^[a-z][a-z0-9._-]{0,31}:[a-z][a-z0-9._-]{0,31}$/;

function resourceOf(scope: string): string {
  return scope.split(':', 1)[0]!;
}

/**
 * Whether a product may define a scope of this name. The resources of built-in scopes are reserved,
 * because later versions may add scopes to them.
 */
export function isProductScope(name: string): boolean {
  return productScopePattern.test(name) && !scopes.some((scope) => resourceOf(scope) === resourceOf(name));
}

/** The scopes of a table by name, for `can()`. */
export type ProductScopes = ReadonlyMap<string, ScopeRoles>;

export const noProductScopes: ProductScopes = new Map();

export function productScopesOf(table: PermissionTable): ProductScopes {
  return new Map(Object.entries(table.scopes));
}

/** The frame with the table. A newer server may have other roles. */
export const permissionsFrameSchema = z.looseObject({
  version: z.int().check(z.nonnegative()),
  scopes: z.record(z.string(), z.looseObject({ orgRoles: z.array(z.string()), teamRoles: z.array(z.string()) })),
});
