import type { Route } from './route.ts';

/** The whole REST surface below `/api/0`: one row an endpoint, so that tests can walk over it. */
export const routes: readonly Route[] = [];
