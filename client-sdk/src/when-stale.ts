/**
 * The result of `can` and `check` once a replica is older than its lease (rule F2).
 * - `last-known`: the decision by the stale replica.
 * - `fail-closed`: nothing is allowed.
 * - `ask-server`: `check` requests the decision from the server. `can` is synchronous, so it allows
 *   nothing.
 */
export type WhenStale = 'last-known' | 'fail-closed' | 'ask-server';
