import type { RequestHandler } from 'express';
import type { SlackClient } from '../../../outlets/slack/slack-client.ts';
import { botTokenSecret } from '../../../outlets/slack/slack-notifier.ts';
import type { Services } from '../../services.ts';
import { finishSetup } from './setup-page.ts';

export const slackSetupPath = '/extensions/slack/setup/';

/** Connects a Slack workspace (REST contract 13.12). */
export function finishSlackSetup(services: Services, slack: SlackClient): RequestHandler {
  return finishSetup(services, {
    provider: 'slack',
    async confirm(query) {
      const code = query.get('code');
      if (code === null) return { refusal: 'The connection was cancelled in Slack.' };
      const workspace = await readWorkspace(slack, code, `${services.publicUrl}${slackSetupPath}`);
      if (!workspace) return { refusal: 'Slack did not confirm the connection. Start again in the console.' };
      return {
        name: workspace.name,
        domainName: '',
        externalId: workspace.teamId,
        config: { eventTypes: ['invite.created'], channels: [] },
        secrets: { [botTokenSecret]: workspace.token },
      };
    },
  });
}

async function readWorkspace(slack: SlackClient, code: string, redirectUri: string) {
  const found = await slack.exchangeCode(code, redirectUri).catch(() => null);
  const token = found?.access_token;
  const teamId = found?.team?.id;
  return token && teamId ? { token, teamId, name: found.team?.name ?? teamId } : null;
}
