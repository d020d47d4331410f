import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { hostileBodies } from '../../support/hostile-bodies.ts';
import type { Attack, Target } from '../attack.ts';
import { send } from '../client.ts';

/** Attacks by customers on their own organizations, and by users on their own accounts. */

/** The most operations in one request. */
const scimOperations = 10_000;

const pick = <Value>(values: readonly Value[], number: number): Value => values[number % values.length]!;

/** A change of a group that adds and removes each of its members many times. */
function largePatch({ userIds }: Target['saml']['scim']): string {
  const Operations = Array.from({ length: scimOperations }, (_, number) => ({
    op: number % 2 === 0 ? 'add' : 'remove',
    path: 'members',
    value: [{ value: pick(userIds, Math.floor(number / 2)) }],
  }));
  return JSON.stringify({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
}

const bodyBytes = 100_000;
/** Fields of the bodies that `json-bodies` sends. */
const fields = z.object({ name: z.string(), slug: z.string(), email: z.string(), url: z.string(), teams: z.array(z.string()) });

function* jsonBodies(): Generator<string> {
  for (;;) {
    for (const [, body] of hostileBodies(fields, bodyBytes, 1_000)) yield JSON.stringify(body);
    yield `{"name":${'['.repeat(bodyBytes / 2)}${']'.repeat(bodyBytes / 2)}}`;
    yield `${'{"a":'.repeat(bodyBytes / 6)}1${'}'.repeat(bodyBytes / 6)}`;
  }
}

/** Names that are parts of other texts, or patterns. */
const hostileNames = ['com', 'role', 'owner', 'the', 'a', '$&', '.*', '(a+)+$', 'example.com', 'Erased user', 'e'.repeat(60)];

/** @throws Error if the server refuses it, since the attack would then show nothing */
async function operate({ ports, operator }: Target, method: string, path: string, body?: object): Promise<{ readonly id: string }> {
  const response = await fetch(`http://127.0.0.1:${ports[0]}/api/operator${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${operator.token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}: ${text}`);
  return JSON.parse(text);
}

export const customers: readonly Attack[] = [
  {
    name: 'scim-patches',
    says: 'changes of a group with 10,000 operations, by a customer with SCIM',
    async run(target, bucket) {
      const { orgId, scim } = target.saml;
      const path = `/api/0/organizations/${orgId}/scim/v2/Groups/${scim.groupId}`;
      const body = largePatch(scim);
      const headers = { 'Content-Type': 'application/scim+json', Authorization: `Bearer ${scim.token}` };
      for (;;) {
        await bucket.take(body.length);
        await send(target, { method: 'PATCH', path, headers, body });
      }
    },
  },
  {
    name: 'json-bodies',
    says: 'JSON of 100 KB that is deep, wide or slow to check, by an owner',
    async run(target, bucket) {
      const base = `/api/0/organizations/${target.saml.slug}/`;
      const routes = [
        ['PUT', base],
        ['POST', `${base}members/`],
        ['POST', `${base}teams/`],
        ['POST', `${base}webhooks/`],
        ['PUT', `${base}auth-provider/`],
      ] as const;
      let number = 0;
      for (const body of jsonBodies()) {
        await bucket.take(body.length);
        const [method, path] = pick(routes, number++);
        await send(target, { method, path, headers: { 'Content-Type': 'application/json', Cookie: target.saml.cookie }, body });
      }
    },
  },
  {
    name: 'hanging-webhooks',
    says: 'tests of webhooks whose receivers never respond',
    requestsPerSecondMax: 50,
    async run(target, bucket) {
      for (let number = 0; ; number++) {
        await bucket.take();
        const { path, cookie } = pick(target.webhooks, number);
        await send(target, { method: 'POST', path, headers: { Cookie: cookie, 'Content-Type': 'application/json' }, body: '{}' });
      }
    },
  },
  {
    name: 'erasures',
    says: 'people with hostile names who join an organization with a long history, and are erased',
    // Each needs an invite or an operator.
    requestsPerSecondMax: 10,
    async run(target, bucket) {
      for (let number = 0; ; number++) {
        await bucket.take();
        const email = `erased-${randomBytes(8).toString('hex')}@example.com`;
        const user = await operate(target, 'POST', '/users/', { email, name: pick(hostileNames, number) });
        await bucket.take();
        await operate(target, 'POST', `/organizations/${target.operator.historyOrgId}/members/`, { userId: user.id, orgRole: 'member' });
        await bucket.take();
        await operate(target, 'DELETE', `/users/${user.id}/?mode=erase`);
      }
    },
  },
  {
    name: 'renames',
    says: 'other names of a user of a thousand organizations',
    requestsPerSecondMax: 10,
    async run(target, bucket) {
      for (;;) {
        await bucket.take();
        const name = `Name ${randomBytes(4).toString('hex')}`;
        await operate(target, 'PUT', `/users/${target.operator.manyOrgsUserId}/`, { name });
      }
    },
  },
];
