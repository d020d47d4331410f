import type { OperatorRoute } from '../operator/operator-route.ts';
import type { Route } from '../route.ts';

/** A row of either table, as the API's description sees it. */
export type DescribedRoute = Pick<Route, 'method' | 'path' | 'metadata'> & Partial<Pick<Route, 'callers' | 'scopes' | 'needsRecentLogin'>>;

/** The two tables and where they are. */
export interface DescribedTable {
  /** `/api/0` */
  readonly base: string;
  readonly routes: readonly (Route | OperatorRoute)[];
}

/** Whether its answer says in `X-Org-Revision` where the organization is. */
export function isCommand({ method, path, metadata }: DescribedRoute): boolean {
  return metadata.isCommand ?? (method !== 'GET' && path.includes('/:org/'));
}

/** `/organizations/:org/` is `/organizations/{org}/` there. */
export function templateOf(base: string, path: string): string {
  return base + path.replaceAll(/:(\w+)/g, '{$1}');
}

export function pathParametersOf(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
}
