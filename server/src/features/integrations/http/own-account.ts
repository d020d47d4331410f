import { definitionOf, isDirectoryProvider, nameProviders, OrgError } from '@rollcall/protocol';
import { installShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { sessionOf } from '../../../http/endpoints/identity/session-caller.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import type { ProviderServices } from '../providers/provider.ts';
import { findIntegration } from '../queries/integrations.ts';
import { accountFlowAt, beginAccountFlow } from './account-flow.ts';
import { byMembers } from './external-actors.ts';

/** The route with which members map themselves to their own accounts (REST contract 13.13). */
export const ownAccountRoute: Route<ProviderServices> = {
  method: 'POST',
  path: '/organizations/:org/integrations/:integration/account/',
  callers: 'session',
  tokenRefusal: 'Members map their own accounts in a session. Tokens can’t map them.',
  scopes: byMembers,
  metadata: {
    tag: 'Integrations',
    id: 'mapOwnAccount',
    summary: `Map yourself to your account at ${nameProviders('name', 'or', ({ hasDirectory }) => hasDirectory)}`,
    description:
      'The same browser must open `url` within 10 minutes. The provider confirms who the person is, and sends the browser back to this server, which maps the person to the caller’s member.',
    isCommand: false,
    responses: { 200: installShape },
  },
  async handle({ org, caller, params, inSlot }: ApiRequest, services: ProviderServices): Promise<Reply> {
    const { db, providers } = services;
    const { integration } = await inSlot(() => findIntegration(db, org.id, caller.actor, params.integration!, byMembers));
    const { id, provider, status } = integration;
    if (status !== 'active') throw new OrgError('invalid', 'This integration is not active.');
    const opened = isDirectoryProvider(provider) ? providers[provider] : null;
    if (!opened || !isDirectoryProvider(provider)) {
      throw new OrgError('invalid', `Accounts at ${definitionOf(provider).name} can’t be confirmed on this server.`);
    }
    const { userId, sessionId } = sessionOf(caller);
    const flow = { orgId: org.id, provider: accountFlowAt(provider), userId, sessionId };
    const { state, verifier } = await inSlot(() => beginAccountFlow(services, flow, id));
    const body: ResponseOf<typeof installShape> = { url: opened.accountUrl(state, verifier) };
    return { status: 200, body };
  },
};
