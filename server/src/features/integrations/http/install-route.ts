import { definitionOf } from '@rollcall/protocol';
import type { InstalledProvider } from '@rollcall/protocol/rest';
import { installShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { sessionOf } from '../../../http/endpoints/identity/session-caller.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { managesIntegrations } from '../domain/integrations.ts';
import { beginInstall } from '../outlets/install-flows.ts';
import type { ProviderServices } from '../providers/provider.ts';
import { notConfigured } from './not-configured.ts';

/** 64 characters. RFC 7636 requires 43 to 128. */
const verifierBytes = 32;

/**
 * The route that begins a connection on a page of the provider (REST contract 13.12).
 * @param description what happens there
 */
export function installRoute(provider: InstalledProvider, description: string): Route<ProviderServices> {
  const { name, organization } = definitionOf(provider);
  return {
    method: 'POST',
    path: `/organizations/:org/integrations/${provider}/install/`,
    callers: 'session',
    tokenRefusal: `Connect ${name} in a session with a recent login. Tokens can’t connect it.`,
    needsRecentLogin: true,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: `install${name}`,
      summary: `Connect a ${organization}`,
      description,
      isCommand: false,
      responses: { 200: installShape },
    },
    handle: install,
  };

  async function install({ org, caller, inSlot }: ApiRequest, services: ProviderServices): Promise<Reply> {
    const { db, secret, providers } = services;
    await inSlot(() => authorizeReader(db, org.id, caller.actor, managesIntegrations));
    const opened = providers[provider];
    if (!opened) throw notConfigured(provider);
    const { userId, sessionId } = sessionOf(caller);
    const verifier = randomHex(verifierBytes);
    const state = await inSlot(() => beginInstall(db, secret, { orgId: org.id, provider, userId, sessionId, secret: verifier }));
    const body: ResponseOf<typeof installShape> = { url: opened.installUrl(state, verifier) };
    return { status: 200, body };
  }
}
