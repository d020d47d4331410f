import type { Route } from '../route.ts';

/** The callers of writes that decide how, and from where, members have access. */
export const byAdmin = {
  callers: 'session',
  needsRecentLogin: true,
  needsFullLogin: true,
  scopes: ['org:admin'],
} as const satisfies Partial<Route>;
