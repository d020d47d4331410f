import { checkedDomainShape, type ResponseOf, verifiedDomainShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { byAdmin } from '../../../http/requests/by-admin.ts';
import { choiceField, field, parseFields } from '../../../http/requests/fields.ts';
import { idOf } from '../../../http/requests/id-of.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { isRepeated, runRequestCommand } from '../../../http/run-request-command.ts';
import { usedCredentialOf } from '../../../identity/caller.ts';
import { parseDomainName } from '../../../runtime/text/domain-name.ts';
import { addDomain, newChallenge } from '../commands/domains/add-domain.ts';
import { type AppliedCheck, applyDomainCheck } from '../commands/domains/apply-domain-check.ts';
import { removeDomain } from '../commands/domains/remove-domain.ts';
import { updateDomain } from '../commands/domains/update-domain.ts';
import { signOnLimits } from '../limits.ts';
import { listDomains, readDomain } from '../queries/domains.ts';
import type { SingleSignOnServices } from '../services.ts';

const path = '/organizations/:org/domains/';
const one = `${path}:domain/`;

const domainField = field({ type: 'string', format: 'hostname' }, (value, refuse) => {
  const domain = typeof value === 'string' ? parseDomainName(value.trim()) : null;
  return domain ?? refuse('Enter a domain name, such as example.com.');
});
const roleField = choiceField(['affiliated', 'owned']);
const newDomainSchema = z.object({
  domain: domainField.describe('The domain, such as `example.com`.'),
  role: roleField.describe(
    '`affiliated`: logins may create members. `owned`: they may also link users of the domain, and the login page sends them to the provider.',
  ),
});
const changesSchema = z.object({ role: roleField.optional().describe('`affiliated` or `owned`, as for a new domain.') });

/**
 * Verified domains (REST contract 13.6). A session that began with single sign-on can't change
 * them, because they decide what the identity provider may assert.
 */
export const domainRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'GET',
    path,
    scopes: ['org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'listDomains',
      summary: 'List an organization’s domains',
      description: 'A domain has an effect while its `status` is `verified`.',
      responses: { 200: z.array(verifiedDomainShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'addDomain',
      summary: 'Add a domain',
      description:
        'Logins by single sign-on may create members with addresses of a verified domain. With the role `owned`, which a domain can have in one organization only, logins also link existing users with such addresses without asking. Add the `challenge` to DNS, then verify the domain.',
      responses: { 201: verifiedDomainShape },
      errors: ['already-exists'],
      body: newDomainSchema,
    },
    handle: add,
  },
  {
    method: 'POST',
    path: `${one}verify/`,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'verifyDomain',
      summary: 'Verify a domain',
      description: 'Looks up the `challenge` in DNS now, at most 10 times an hour. Verified domains are looked up daily.',
      responses: { 200: checkedDomainShape },
      errors: ['already-exists'],
    },
    handle: verify,
  },
  {
    method: 'PUT',
    path: one,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'updateDomain',
      summary: 'Change the role of a domain',
      description: 'A verified domain stays verified, unless another organization owns it and `role` is `owned`: the response is then 409.',
      responses: { 200: verifiedDomainShape },
      errors: ['already-exists'],
      body: changesSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: one,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'removeDomain',
      summary: 'Remove a domain',
      description: 'Members who joined because of it stay.',
      responses: { 204: null },
    },
    handle: remove,
  },
];

async function list({ org, caller }: ApiRequest, { db }: SingleSignOnServices): Promise<Reply> {
  const body: ResponseOf<typeof verifiedDomainShape>[] = await listDomains(db, org.id, caller.actor);
  return { status: 200, body };
}

async function add({ org, caller, body, writeContext }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { fields, malformed } = parseFields(newDomainSchema, body);
  const { domain = '', role = 'affiliated' } = fields;
  return runRequestCommand(services, addDomain, {
    orgId: org.id,
    actor: caller.actor,
    input: { domain, role, secret: newChallenge() },
    malformed,
    writeContext,
    respond: async (_tx, added: ResponseOf<typeof verifiedDomainShape>) => ({ status: 201, body: added }),
  });
}

async function verify(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller, params, writeContext } = request;
  const { id, domain, challenge } = await request.inSlot(() => readDomain(services.db, org.id, caller.actor, params.domain ?? ''));
  const lookUp = async () => {
    // The key is the name, so that adding the domain again doesn't allow more look-ups.
    await services.attempts.count(signOnLimits.checksPerDomain, `${org.id}:${domain}`);
    return services.readTxtRecords(challenge.name);
  };
  const txtRecords = (await isRepeated(services, request)) ? null : await lookUp();
  return runRequestCommand(services, applyDomainCheck, {
    orgId: org.id,
    actor: caller.actor,
    input: { domainId: id, txtRecords, credential: usedCredentialOf(caller) },
    writeContext,
    respond: async (_tx, checked) => ({ status: 200, body: presentChecked(checked) }),
  });
}

function presentChecked({ domain, isPresent }: AppliedCheck): ResponseOf<typeof checkedDomainShape> {
  return { ...domain, lookup: isPresent === null ? 'unavailable' : isPresent ? 'found' : 'missing' };
}

async function update({ org, caller, params, body, writeContext }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { fields, malformed } = parseFields(changesSchema, body);
  return runRequestCommand(services, updateDomain, {
    orgId: org.id,
    actor: caller.actor,
    input: { domainId: idOf(params.domain), role: fields.role ?? null },
    malformed,
    writeContext,
    respond: async (_tx, changed: ResponseOf<typeof verifiedDomainShape>) => ({ status: 200, body: changed }),
  });
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  return runRequestCommand(services, removeDomain, {
    orgId: org.id,
    actor: caller.actor,
    input: { domainId: idOf(params.domain) },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
