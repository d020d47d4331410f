import { OrgError } from '@rollcall/protocol';
import type { RequestHandler } from 'express';
import { callerFrom } from '../../../identity/caller.ts';
import { takeInstall } from '../../../outlets/integrations/install-flows.ts';
import type { SlackClient } from '../../../outlets/slack/slack-client.ts';
import { botTokenSecret } from '../../../outlets/slack/slack-notifier.ts';
import { randomHex } from '../../../runtime/random.ts';
import { addIntegration } from '../../../write-path/commands/integrations/add-integration.ts';
import { runCommand } from '../../../write-path/run-command.ts';
import { addressOf } from '../../requests/caller-address.ts';
import { urlOf } from '../../requests/parsed-request.ts';
import type { Services } from '../../services.ts';
import { pageSecurityPolicy, renderNotice } from '../form-page.ts';
import { readSession } from '../read-session.ts';
import { sendHtml } from '../send-html.ts';

export const slackSetupPath = '/extensions/slack/setup/';

/** Connects a Slack workspace in the session that began to (REST contract 13.12). */
export function finishSlackSetup(services: Services): RequestHandler {
  const { slack, db, secret, writePath, publicUrl, productName } = services;
  return async (request, response, next) => {
    if (slack === null) return next();
    const refuse = (intro: string, status = 400) => {
      response.status(status);
      const link = { label: 'Go to the console', path: '/' };
      sendHtml(response, renderNotice(productName, { title: 'Slack was not connected', intro, link }), pageSecurityPolicy);
    };
    const { searchParams } = urlOf(request);
    const session = await readSession(request.headers.cookie, services);
    const flow = session?.session ? await takeInstall(db, secret, 'slack', searchParams.get('state') ?? '', session.credentialId) : null;
    if (!session || !flow) return refuse('This connection was not started in this browser, or it has expired. Start again in the console.');
    const code = searchParams.get('code');
    if (code === null) return refuse('The connection was cancelled in Slack.');
    const workspace = await readWorkspace(slack, code, `${publicUrl}${slackSetupPath}`);
    if (!workspace) return refuse('Slack did not confirm the connection. Start again in the console.');
    try {
      await runCommand(writePath, addIntegration, {
        orgId: flow.orgId,
        actor: callerFrom(session, addressOf(request), Date.now()).actor,
        input: {
          provider: 'slack',
          name: workspace.name,
          domainName: '',
          externalId: workspace.teamId,
          config: { eventTypes: ['invite.created'], channels: [] },
          secrets: { key: secret, byName: { [botTokenSecret]: workspace.token } },
        },
        requestId: randomHex(16),
        ipAddress: addressOf(request),
        respond: async () => ({ status: 204 }),
      });
    } catch (error) {
      if (error instanceof OrgError) return refuse(error.message, error.status);
      throw error;
    }
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, `/organizations/${flow.orgId}/integrations/`);
  };
}

async function readWorkspace(slack: SlackClient, code: string, redirectUri: string) {
  const found = await slack.exchangeCode(code, redirectUri).catch(() => null);
  const token = found?.access_token;
  const teamId = found?.team?.id;
  return token && teamId ? { token, teamId, name: found.team?.name ?? teamId } : null;
}
