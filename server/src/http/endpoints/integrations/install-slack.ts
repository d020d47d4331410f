import { OrgError } from '@rollcall/protocol';
import { installShape, type ResponseOf } from '@rollcall/protocol/rest/shapes';
import { managesIntegrations } from '../../../domain/integrations/integrations.ts';
import { beginInstall } from '../../../outlets/integrations/install-flows.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { slackSetupPath } from '../../pages/extensions/slack-setup.ts';
import { uncached } from '../../responses/uncached.ts';
import type { ApiRequest, Reply, Route } from '../../route.ts';
import type { Services } from '../../services.ts';
import { sessionOf } from '../identity/session-caller.ts';

/** Begins the connection of a Slack workspace (REST contract 13.12). */
export const installSlackRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/organizations/:org/integrations/slack/install/',
    callers: 'session',
    tokenRefusal: 'Connect Slack in a session with a recent login. Tokens can’t connect it.',
    needsRecentLogin: true,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'installSlack',
      summary: 'Connect a Slack workspace',
      description: 'The same browser must open `url` within 10 minutes. Slack sends it back to this server, which connects the workspace.',
      isCommand: false,
      responses: { 200: installShape },
    },
    handle: install,
  },
];

async function install({ org, caller }: ApiRequest, { db, slack, secret, publicUrl }: Services): Promise<Reply> {
  await authorizeReader(db, org.id, caller.actor, managesIntegrations);
  if (slack === null) {
    const variables = 'SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_SIGNING_SECRET';
    throw new OrgError('invalid', `Slack is not configured on this server. The operator sets ${variables}.`);
  }
  const { userId, sessionId } = sessionOf(caller);
  const state = await beginInstall(db, secret, { orgId: org.id, provider: 'slack', userId, sessionId, verifier: null });
  const body: ResponseOf<typeof installShape> = { url: slack.authorizeUrl(state, `${publicUrl}${slackSetupPath}`) };
  return { status: 200, body, headers: uncached };
}
