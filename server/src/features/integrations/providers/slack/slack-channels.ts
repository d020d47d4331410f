import { OrgError } from '@rollcall/protocol';
import { type ResponseOf, slackChannelsShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import type { ApiRequest, Reply, Route } from '../../../../http/route.ts';
import { managesIntegrations } from '../../domain/integrations.ts';
import { findIntegration } from '../../queries/integrations.ts';
import type { ProviderServices } from '../provider.ts';

/** The channels that a connected Slack workspace offers (REST contract 13.12). */
export const slackChannelRoutes: readonly Route<ProviderServices>[] = [
  {
    method: 'GET',
    path: '/organizations/:org/integrations/:integration/channels/',
    isLong: true,
    scopes: managesIntegrations,
    metadata: {
      tag: 'Integrations',
      id: 'listSlackChannels',
      summary: 'List the public channels of a Slack workspace',
      description:
        'Each page has up to 1,000 channels. Archived ones are omitted. Private channels are not listed, but their ids can be saved.',
      query: z.object({ cursor: z.string().optional().describe('`next` of the previous page.') }),
      responses: { 200: slackChannelsShape },
    },
    handle: list,
  },
];

async function list({ org, caller, params, query }: ApiRequest, { db, providers: { slack } }: ProviderServices): Promise<Reply> {
  const { integration } = await findIntegration(db, org.id, caller.actor, params.integration!, managesIntegrations);
  if (integration.provider !== 'slack') throw new OrgError('invalid', 'This integration has no channels.');
  if (!slack?.listChannels) throw new OrgError('invalid', 'Slack is not configured on this server.');
  const body: ResponseOf<typeof slackChannelsShape> = await slack.listChannels(org.id, integration.id, query.get('cursor') || null);
  return { status: 200, body };
}
