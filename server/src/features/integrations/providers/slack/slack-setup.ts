import type { RequestHandler } from 'express';
import { finishSetup, type SetupRefusal } from '../../http/setup-page.ts';
import type { IntegrationServices } from '../../services.ts';
import { failureOf, type SlackClient } from './slack-client.ts';
import { botTokenSecret } from './slack-notifier.ts';

export const slackSetupPath = '/extensions/slack/setup/';

/** Connects a Slack workspace (REST contract 13.12). */
export function finishSlackSetup(services: IntegrationServices, slack: SlackClient): RequestHandler {
  return finishSetup(services, {
    provider: 'slack',
    async confirm(query) {
      const code = query.get('code');
      if (code === null) return { refusal: 'The connection was cancelled in Slack.' };
      const workspace = await readWorkspace(slack, code, `${services.publicUrl}${slackSetupPath}`);
      if ('refusal' in workspace) return workspace;
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

interface Workspace {
  readonly token: string;
  readonly teamId: string;
  readonly name: string;
}

const unconfirmed = { refusal: 'Slack did not confirm the connection. Start again in the console.' };

async function readWorkspace(slack: SlackClient, code: string, redirectUri: string): Promise<Workspace | SetupRefusal> {
  try {
    const { access_token: token, team } = await slack.exchangeCode(code, redirectUri);
    return token && team?.id ? { token, teamId: team.id, name: team.name ?? team.id } : unconfirmed;
  } catch (error) {
    const { outcome, error: text } = failureOf(error);
    if (outcome !== 'failed') return unconfirmed;
    return { refusal: `${text} Start again in the console in some minutes.`, status: 503 };
  }
}
