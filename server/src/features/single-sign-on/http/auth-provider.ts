import { type AuthProviderRecord, apiLimits, orgRoleIds, providerChoices } from '@rollcall/protocol';
import { authProviderChoicesShape, authProviderShape, metadataPreviewShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { Tx } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { invalidFields } from '../../../domain/field-errors.ts';
import { byAdmin } from '../../../http/requests/by-admin.ts';
import {
  assertKnownKeys,
  booleanField,
  choiceField,
  idsField,
  integerField,
  parseBody,
  parseFields,
  stringField,
} from '../../../http/requests/fields.ts';
import type { ApiRequest, BeforeBody, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import { usedCredentialOf } from '../../../identity/caller.ts';
import { minterOf } from '../../../identity/tokens/org-token.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { presentScimToken } from '../../scim/http/scim-token.ts';
import { createAuthProvider, providerExists } from '../commands/provider/create-auth-provider.ts';
import { removeAuthProvider } from '../commands/provider/remove-auth-provider.ts';
import { updateAuthProvider } from '../commands/provider/update-auth-provider.ts';
import { signOnLimits } from '../limits.ts';
import { readAuthProvider, readProviderToChange, showChangedAuthProvider } from '../queries/auth-provider.ts';
import type { SingleSignOnServices } from '../services.ts';
import { makeSpKey } from './make-sp-key.ts';
import { presentAuthProvider } from './present-auth-provider.ts';
import { configField } from './provider-config-fields.ts';
import { certificateFacts, findMetadata, resolveConfig } from './resolve-provider-config.ts';

const path = '/organizations/:org/auth-provider/';

/**
 * The range of a login's lifetime. The maximum is 30 days, as for a session that began with a
 * password.
 */
const sessionHours = { min: 1, max: 720 } as const;

const choiceOf = (key: string) => providerChoices.find((choice) => choice.key === key)!;

const createSchema = z.object({
  key: choiceField(providerChoices.map(({ key }) => key)).describe('Key of the provider.'),
  config: configField,
});
const updateSchema = z.object({
  config: configField.optional(),
  default_role: choiceField(orgRoleIds).optional().describe('Role of members whom a login creates. It can’t be `owner`.'),
  jit: choiceField(['off', 'domains'])
    .optional()
    .describe('Whether a login may create a member: never, or for addresses of verified domains.'),
  session_hours: integerField(sessionHours).optional().describe('Lifetime of a login at the provider, in hours.'),
  scim_enabled: booleanField()
    .optional()
    .describe('Whether the provider may manage members and teams over SCIM. True returns a new token.'),
  active: booleanField().optional().describe('Whether members can log in. Requires a successful test since the last change of `config`.'),
  require_link: booleanField().optional().describe('Whether members without a linked identity are refused.'),
  recovery_members: idsField(apiLimits.recoveryOwnersMax)
    .optional()
    .describe('Ids of the recovery owners, who have access without single sign-on when it is required.'),
});
const urlLengthMax = 1_024;
const previewSchema = z.object({
  url: stringField({ max: urlLengthMax }).optional().describe('URL of the metadata. Either this or `xml`.'),
  xml: stringField({ max: signOnLimits.metadataBytes.value }).optional().describe('Text of the metadata.'),
  entity_id: stringField({ max: urlLengthMax }).optional().describe('Chooses one of several providers in the metadata.'),
});

const authorizeAdmin = ({ org, caller }: BeforeBody, { db }: SingleSignOnServices) =>
  authorizeReader(db, org.id, caller.actor, ['org:admin']);

/** Metadata may be large, so the caller is authorized before it is read. */
const withMetadata = { bodyBytesMax: signOnLimits.metadataBodyBytes.value, authorizeLargeBody: authorizeAdmin };

/** An organization's identity provider (REST contract 13.4). */
export const authProviderRoutes: readonly Route<SingleSignOnServices>[] = [
  {
    method: 'GET',
    path: '/organizations/:org/auth-providers/',
    scopes: ['org:read', 'org:write', 'org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'listAuthProviders',
      summary: 'List the identity providers to choose from',
      description: 'Each `key` is a value for `createAuthProvider`.',
      responses: { 200: authProviderChoicesShape },
    },
    handle: list,
  },
  {
    method: 'GET',
    path,
    scopes: ['org:read', 'org:write', 'org:admin'],
    metadata: {
      tag: 'Single sign-on',
      id: 'readAuthProvider',
      summary: 'Retrieve an organization’s identity provider',
      description:
        'The response is 204 without a provider. A draft is shown to callers with `org:admin` only. Send the `X-Org-Revision` of the response as `If-Match` with a change.',
      hasOrgRevision: true,
      responses: { 200: authProviderShape, 204: null },
    },
    handle: read,
  },
  {
    method: 'POST',
    path,
    ...byAdmin,
    ...withMetadata,
    metadata: {
      tag: 'Single sign-on',
      id: 'createAuthProvider',
      summary: 'Add an identity provider as a draft',
      description: 'A draft logs no one in. Test it, then activate it.',
      errors: ['already-exists'],
      isUnrepeatable: true,
      responses: { 201: authProviderShape },
      body: createSchema,
    },
    handle: create,
  },
  {
    method: 'PUT',
    path,
    ...byAdmin,
    ...withMetadata,
    metadata: {
      tag: 'Single sign-on',
      id: 'updateAuthProvider',
      summary: 'Change an identity provider',
      description:
        'A new `config` replaces the current one and has to be tested before the next activation. If it names another provider, or another attribute as SAML’s `identifier`, all linked identities become invalid. The response that enables SCIM contains its token.',
      isUnrepeatable: true,
      responses: { 200: authProviderShape },
      body: updateSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path,
    ...byAdmin,
    metadata: {
      tag: 'Single sign-on',
      id: 'removeAuthProvider',
      summary: 'Remove an identity provider',
      description: 'Removes all linked identities. Users without a password are mailed a link to set one at their verified address.',
      responses: { 204: null },
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: `${path}metadata/`,
    ...byAdmin,
    ...withMetadata,
    metadata: {
      tag: 'Single sign-on',
      id: 'previewMetadata',
      summary: 'Preview the metadata of a SAML identity provider',
      description: 'Takes either `url` or `xml`. `entity_id` chooses one of several providers. Changes nothing.',
      isCommand: false,
      responses: { 200: metadataPreviewShape },
      body: previewSchema,
    },
    handle: preview,
  },
];

async function list({ org, caller }: ApiRequest, { db }: SingleSignOnServices): Promise<Reply> {
  await authorizeReader(db, org.id, caller.actor, ['org:read', 'org:write', 'org:admin']);
  const body: ResponseOf<typeof authProviderChoicesShape> = providerChoices.map(({ key, name, protocol }) => {
    return { key, name, requiredFeature: protocol === 'saml' ? 'organizations:sso-saml2' : 'organizations:sso-basic' };
  });
  return { status: 200, body };
}

async function read({ org, caller }: ApiRequest, { db, publicUrl }: SingleSignOnServices): Promise<Reply> {
  const { shown, orgRevision } = await readAuthProvider(db, org.id, caller.actor);
  const headers = { 'X-Org-Revision': orgRevision };
  return shown ? { status: 200, body: presentAuthProvider(shown, publicUrl), headers } : { status: 204, headers };
}

async function create(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller, body, writeContext } = request;
  if (await request.inSlot(() => readProviderToChange(services.db, org.id, caller.actor))) throw providerExists();
  const { key, config } = parseBody(createSchema, body);
  const choice = choiceOf(key);
  const resolved = await resolveConfig(services, caller, choice, config, null);
  const spCertificate = choice.protocol === 'saml' ? await makeSpKey(request, services) : null;
  return runRequestCommand(services, createAuthProvider, {
    orgId: org.id,
    actor: caller.actor,
    input: { choice, ...resolved, spCertificate, key: services.secret },
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (tx, provider) => ({ status: 201, body: await present(tx, org.id, provider, services) }),
  });
}

async function update(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller, body, writeContext } = request;
  const current = await request.inSlot(() => readProviderToChange(services.db, org.id, caller.actor));
  if (!current) throw notFound();
  assertKnownKeys(updateSchema, body);
  const { fields, malformed } = parseFields(updateSchema, body);
  const resolved = fields.config
    ? await resolveConfig(services, caller, choiceOf(current.provider.key), fields.config, current.config)
    : null;
  const { default_role, jit, session_hours, scim_enabled, active, require_link, recovery_members } = fields;
  return runRequestCommand(services, updateAuthProvider, {
    orgId: org.id,
    actor: caller.actor,
    input: {
      providerId: current.provider.id,
      changes: {
        ...(default_role !== undefined && { defaultRole: default_role }),
        ...(jit !== undefined && { jit }),
        ...(session_hours !== undefined && { sessionHours: session_hours }),
        ...(scim_enabled !== undefined && { scimEnabled: scim_enabled }),
        ...(active !== undefined && { isActive: active }),
        ...(require_link !== undefined && { requireLink: require_link }),
      },
      recoveryMembers: recovery_members ?? null,
      checked: resolved?.checked ?? null,
      clientSecret: resolved?.clientSecret ?? null,
      key: services.secret,
      mint: minterOf(services.publicUrl),
      credential: usedCredentialOf(caller),
    },
    malformed,
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (tx, { provider, scim }) => {
      const shown = await present(tx, org.id, provider, services);
      return { status: 200, body: scim ? { ...shown, scim: presentScimToken(request, services, scim.text) } : shown };
    },
  });
}

async function present(tx: Tx, orgId: string, provider: AuthProviderRecord, { publicUrl }: SingleSignOnServices) {
  return presentAuthProvider(await showChangedAuthProvider(tx, orgId, provider), publicUrl);
}

async function remove({ org, caller, writeContext }: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  return runRequestCommand(services, removeAuthProvider, {
    orgId: org.id,
    actor: caller.actor,
    input: {},
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}

async function preview(request: ApiRequest, services: SingleSignOnServices): Promise<Reply> {
  const { org, caller } = request;
  const current = await request.inSlot(() => readProviderToChange(services.db, org.id, caller.actor));
  const { url, xml, entity_id: entityId } = parseBody(previewSchema, request.body);
  if ((url === undefined) === (xml === undefined)) throw invalidFields({ non_field_errors: ['Send either url or xml.'] });
  const storedEntityId = current?.config?.protocol === 'saml' ? current.config.entity_id : undefined;
  const source = { ...(url === undefined ? { xml: xml! } : { url }), entityId, storedEntityId };
  const found = await findMetadata(services, caller, source);
  if ('problem' in found) throw invalidFields({ [url === undefined ? 'xml' : 'url']: [found.problem] });
  const body: ResponseOf<typeof metadataPreviewShape> = { ...found, certificates: found.certificates.map(certificateFacts) };
  return { status: 200, body };
}
