/**
 * The scopes of operator tokens, the widest first. Each scope includes those after it, because a
 * tool that changes users has to find them, and a person who reads users may see numbers.
 */
export const operatorScopes = ['operator:admin', 'operator:provision', 'operator:read', 'metrics:read'] as const;
export type OperatorScope = (typeof operatorScopes)[number];

/** Adds the scopes that these include. */
export function expandOperatorScopes(scopes: readonly OperatorScope[]): ReadonlySet<OperatorScope> {
  const widest = Math.min(...scopes.map((scope) => operatorScopes.indexOf(scope)));
  return new Set(operatorScopes.slice(widest));
}
