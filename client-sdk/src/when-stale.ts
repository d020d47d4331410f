/**
 * What `can` and `check` answer by once a copy is older than its lease (rule F2): `last-known`, the copy all the same.
 * `fail-closed`: nothing is allowed. `ask-server`: `check` asks, and `can`, which cannot wait, allows nothing.
 */
export type WhenStale = 'last-known' | 'fail-closed' | 'ask-server';
