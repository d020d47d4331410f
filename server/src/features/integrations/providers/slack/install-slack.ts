import { installRoute } from '../../http/install-route.ts';
import { slackSetupPath } from './slack-setup.ts';

export const installSlackRoute = installRoute({
  provider: 'slack',
  metadata: {
    id: 'installSlack',
    summary: 'Connect a Slack workspace',
    description: 'The same browser must open `url` within 10 minutes. Slack sends it back to this server, which connects the workspace.',
  },
  variables: 'SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_SIGNING_SECRET',
  urlOf: ({ slack, publicUrl }) => slack && ((state) => slack.authorizeUrl(state, `${publicUrl}${slackSetupPath}`)),
});
