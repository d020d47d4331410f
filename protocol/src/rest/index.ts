/**
 * The types of the bodies of the REST API. This module contains no code, so it does not enlarge a
 * client that imports it.
 */
export type * from './account.ts';
export type * from './audit-log.ts';
export type * from './auth-provider.ts';
export type * from './changes.ts';
export type * from './exports.ts';
export type * from './integrations.ts';
export type * from './ip-allow-list.ts';
export type * from './members.ts';
export type * from './organizations.ts';
export type * from './projects.ts';
export type * from './retention.ts';
export type * from './scim.ts';
export type * from './security-events.ts';
export type * from './sign-on-test.ts';
export type * from './teams.ts';
export type * from './tokens.ts';
export type * from './verified-domains.ts';
export type * from './webhooks.ts';
