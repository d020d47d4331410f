import { definitionOf, OrgError } from '@rollcall/protocol';
import { installShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { sessionOf } from '../../../http/endpoints/identity/session-caller.ts';
import { uncached } from '../../../http/responses/uncached.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { randomHex } from '../../../runtime/random.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { beginInstall } from '../outlets/install-flows.ts';
import type { IntegrationServices } from '../services.ts';

/** 64 characters. RFC 7636 requires 43 to 128. */
const verifierBytes = 32;

export interface InstallOptions {
  readonly provider: 'github' | 'gitlab' | 'slack';
  readonly metadata: { readonly id: string; readonly summary: string; readonly description: string };
  /** The operator's settings without which the provider can't be connected. */
  readonly variables: string;
  /**
   * The provider's page for a `state` and a verifier of PKCE. Null if the operator has not
   * configured the provider.
   */
  urlOf(services: IntegrationServices): ((state: string, verifier: string) => string) | null;
}

/** The route that begins a connection in the browser (REST contract 13.12). */
export function installRoute({ provider, metadata, variables, urlOf }: InstallOptions): Route<IntegrationServices> {
  return {
    method: 'POST',
    path: `/organizations/:org/integrations/${provider}/install/`,
    callers: 'session',
    tokenRefusal: `Connect ${definitionOf(provider).name} in a session with a recent login. Tokens can’t connect it.`,
    needsRecentLogin: true,
    scopes: managesIntegrations,
    metadata: { tag: 'Integrations', ...metadata, isCommand: false, responses: { 200: installShape } },
    handle: install,
  };

  async function install({ org, caller, inSlot }: ApiRequest, services: IntegrationServices): Promise<Reply> {
    const { db, secret } = services;
    await inSlot(() => authorizeReader(db, org.id, caller.actor, managesIntegrations));
    const url = urlOf(services);
    if (url === null) {
      throw new OrgError('invalid', `${definitionOf(provider).name} is not configured on this server. The operator sets ${variables}.`);
    }
    const { userId, sessionId } = sessionOf(caller);
    const verifier = randomHex(verifierBytes);
    const state = await inSlot(() => beginInstall(db, secret, { orgId: org.id, provider, userId, sessionId, secret: verifier }));
    const body: ResponseOf<typeof installShape> = { url: url(state, verifier) };
    return { status: 200, body, headers: uncached };
  }
}
