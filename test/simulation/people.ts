import type { AuthTokenRecord, MemberUser, Scope, VerifiedDomainRecord } from '@rollcall/protocol';
import { userActor } from '../../server/src/domain/actor.ts';
import type { Caller } from '../../server/src/identity/caller.ts';
import { anAuthProvider } from '../support/builders.ts';
import type { Who } from './viewer.ts';

/** The users of the schedules, the viewers among them, and the provider at which they log in. */

export const orgId = '1';
export const orgSlug = 'acme';
export const createdAt = '2026-03-01T12:00:00.123456Z';

export const users: readonly MemberUser[] = ['owner', 'manager', 'admin', 'member', 'reader', 'guest'].map((name, index) => ({
  id: String(101 + index),
  name: index === 2 ? `${name}@example.com` : name,
  username: `${name}@example.com`,
  email: `${name}@example.com`,
  isActive: true,
  has2fa: index < 3,
}));

/** The member that a user is at the start. */
export function memberIdOf(index: number): string {
  return String(201 + index);
}

export const authProvider = anAuthProvider({
  id: '301',
  protocol: 'oidc',
  issuer: 'https://idp-1.example.com',
  jit: 'domains',
  scimEnabled: true,
  lastTestedAt: createdAt,
});

export const domain: VerifiedDomainRecord = {
  id: '302',
  domain: 'example.com',
  role: 'owned',
  status: 'verified',
  dateVerified: createdAt,
  dateCreated: createdAt,
};

/** The provider's token for SCIM. */
export const scimToken: AuthTokenRecord = {
  id: '303',
  name: 'SCIM',
  scopes: ['member:admin', 'team:admin'],
  tokenLastCharacters: 'abcd',
  dateCreated: createdAt,
};

/** Viewers from the second network are locked out by a list of the first. */
export const networks = ['192.0.2.0/24', '198.51.100.0/24'] as const;

export const farFuture = '2100-01-01T00:00:00.000000Z';

export function domainOf(address: string): string {
  return address.slice(address.indexOf('@') + 1);
}

/** The viewers: every kind of access. Some of them share an audience. */
export const watchers: readonly Who[] = [
  user('the owner', 0),
  user('the manager', 1),
  user('the admin', 2, { collections: ['members', 'teams'] }),
  user('the member', 3),
  user('the reader', 4, { scopes: ['org:read', 'team:read'] }),
  user('the guest', 5, { leaseMs: 15_000 }),
  user("the manager's phone", 1, { hasBinding: false, address: '198.51.100.7' }),
  user("the manager's tablet", 1, { bindingEndsAt: 3_000 }),
  {
    name: 'the back end',
    caller: {
      actor: {
        kind: 'org-token',
        tokenId: '900',
        orgId,
        tokenScopes: new Set(['org:read', 'member:read']),
        isForScim: false,
        address: '198.51.100.8',
        at: 0,
      },
      ...credential('900'),
    },
    collections: null,
    leaseMs: 5_000,
  },
];

function credential(credentialId: string): Omit<Caller, 'actor'> {
  return { credentialId, expiresAt: null, session: null };
}

interface UserOptions {
  readonly scopes?: readonly Scope[];
  readonly collections?: Who['collections'];
  readonly leaseMs?: number;
  readonly hasBinding?: boolean;
  /** The session began with single sign-on, and its binding ends in the middle of the schedule. */
  readonly bindingEndsAt?: number;
  readonly address?: string;
}

function user(
  name: string,
  index: number,
  { scopes, collections = null, leaseMs = 5_000, hasBinding = true, bindingEndsAt, address = '192.0.2.1' }: UserOptions = {},
): Who {
  const tokenScopes = scopes ? new Set(scopes) : null;
  // Sessions have a binding, except on the phone. A token needs none.
  const expiresAt = bindingEndsAt === undefined ? farFuture : new Date(bindingEndsAt).toISOString();
  const binding = { providerId: authProvider.id, generation: 1, expiresAt, memberId: memberIdOf(index) };
  const bindings = scopes ? null : new Map(hasBinding ? [[orgId, binding]] : []);
  const boundOrgIds = bindingEndsAt === undefined ? null : new Set([orgId]);
  const actor = { ...userActor(users[index]!.id), tokenScopes, boundOrgIds, bindings, address };
  return { name, caller: { actor, ...credential(name) }, collections, leaseMs };
}
