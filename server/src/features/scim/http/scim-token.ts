import { newScimTokenShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { byAdmin } from '../../../http/requests/by-admin.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { usedCredentialOf } from '../../../identity/caller.ts';
import { minterOf } from '../../../identity/tokens/org-token.ts';
import { createScimToken } from '../commands/create-scim-token.ts';
import { scimUrl } from './scim-route.ts';

/** The token of an identity provider for SCIM (REST contract 12.3). */
export const scimTokenRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/auth-provider/scim-token/',
    ...byAdmin,
    metadata: {
      tag: 'SCIM',
      id: 'createScimToken',
      summary: 'Create a token for SCIM',
      description:
        'Only this response contains the token string. Older tokens for SCIM end after 24 hours. The owners get a mail about the token.',
      isUnrepeatable: true,
      responses: { 201: newScimTokenShape },
    },
    handle: create,
  },
];

async function create(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, writeContext } = request;
  return runRequestCommand(services, createScimToken, {
    orgId: org.id,
    actor: caller.actor,
    input: { mint: minterOf(services.publicUrl), credential: usedCredentialOf(caller) },
    // A response for a retry would be stored, and this one contains the token's text.
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, { text }) => ({ status: 201, body: presentScimToken(request, services, text) }),
  });
}

/** The address and the token that an administrator enters at the identity provider. */
export function presentScimToken(
  request: Pick<ApiRequest, 'org'>,
  services: Services,
  token: string,
): ResponseOf<typeof newScimTokenShape> {
  return { base_url: scimUrl(request, services, '/'), token };
}
