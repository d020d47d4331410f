import assert from 'node:assert/strict';
import { scopes as everyScope, type OrgRoleId, type Scope } from '../../protocol/src/index.ts';
import type { Api, RequestOptions } from './server.ts';

/** A user with a token, and their member if they have one. */
export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly token: string;
  readonly tokenId: string;
  /** The id in the organization for which they were created, while they are in it. */
  memberId: string | null;
}

export interface ProvisionedOrg {
  readonly id: string;
  readonly slug: string;
  readonly owner: Person;
}

let made = 0;

/** A number that is unique in this process, so that tests on one server don't affect each other. */
export function nextNumber(): number {
  return ++made;
}

export interface PersonOptions {
  /** Defaults to all scopes. */
  readonly scopes?: readonly Scope[];
  readonly hasSecondFactor?: boolean;
}

export async function aPerson(server: Api, { scopes = everyScope, hasSecondFactor = false }: PersonOptions = {}): Promise<Person> {
  const email = `person-${nextNumber()}@example.com`;
  const user = await server.operate('POST', '/users/', { email, name: `Person ${made}` });
  assert.equal(user.status, 201, JSON.stringify(user.body));
  const { id: userId } = user.body;
  if (hasSecondFactor) await server.operate('POST', `/users/${userId}/authenticators/`, { type: 'totp' });
  const token = await server.operate('POST', `/users/${userId}/tokens/`, { scopes });
  assert.equal(token.status, 201, JSON.stringify(token.body));
  return { userId, email, token: token.body.token, tokenId: token.body.id, memberId: null };
}

/** @param credential of the owner */
export async function anOrganizationOf(
  server: Api,
  owner: Person,
  credential: Pick<RequestOptions, 'token' | 'cookie'> = { token: owner.token },
): Promise<ProvisionedOrg> {
  const created = await server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: owner.userId });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { id, slug } = created.body;
  const own = await server.request('GET', `/api/0/organizations/${slug}/members/me/`, credential);
  owner.memberId = own.body.id;
  return { id, slug, owner };
}

export async function addMember(server: Api, org: ProvisionedOrg, person: Person, orgRole: OrgRoleId): Promise<void> {
  const added = await server.operate('POST', `/organizations/${org.id}/members/`, { userId: person.userId, orgRole });
  assert.equal(added.status, 201, JSON.stringify(added.body));
  person.memberId = added.body.id;
}

/** The revision in a response's `X-Org-Revision`. */
export function revisionOf({ headers }: { readonly headers: Headers }): number {
  const revision = Number(headers.get('x-org-revision')?.split('.')[1]);
  assert.ok(Number.isInteger(revision), 'the response has no X-Org-Revision');
  return revision;
}
