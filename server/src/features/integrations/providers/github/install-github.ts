import { installRoute } from '../../http/install-route.ts';

export const installGitHubRoute = installRoute({
  provider: 'github',
  metadata: {
    id: 'installGitHub',
    summary: 'Connect a GitHub organization',
    description:
      'The same browser must open `url` within 10 minutes, and install the App there. GitHub sends the browser back to this server, which connects the organization if the person administers it in GitHub.',
  },
  variables:
    'GITHUB_APP_ID, GITHUB_APP_SLUG, GITHUB_APP_PRIVATE_KEY, GITHUB_APP_CLIENT_ID, GITHUB_APP_CLIENT_SECRET and GITHUB_WEBHOOK_SECRET',
  urlOf: ({ github }) => github && ((state) => github.installUrl(state)),
});
