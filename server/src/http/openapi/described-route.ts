import type { OperatorRoute } from '../operator/operator-route.ts';
import type { Route } from '../route.ts';

/** A row of either route table, as the API's description needs it. */
export type DescribedRoute = Pick<Route, 'method' | 'path' | 'metadata'> &
  Partial<Pick<Route, 'callers' | 'scopes' | 'needsRecentLogin' | 'isScim'> & Pick<OperatorRoute, 'scope'>>;

/** A route table and its base path. */
export interface DescribedTable {
  /** The part of the path before the route, such as `/api/0`. */
  readonly base: string;
  readonly routes: readonly (Route | OperatorRoute)[];
}

/** Whether the response has the organization's revision in `X-Org-Revision`. */
export function isCommand({ method, path, metadata }: DescribedRoute): boolean {
  return metadata.isCommand ?? (method !== 'GET' && path.includes('/:org/'));
}

/**
 * Returns the path as OpenAPI writes it: `/organizations/:org/` becomes `/organizations/{org}/`.
 */
export function templateOf(base: string, path: string): string {
  return base + path.replaceAll(/:(\w+)/g, '{$1}');
}

export function pathParametersOf(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
}
