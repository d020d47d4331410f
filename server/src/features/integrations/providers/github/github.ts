import { installRoute } from '../../http/install-route.ts';
import { rawBody } from '../../http/raw-body.ts';
import type { Provider } from '../provider.ts';
import { GitHubClient } from './github-client.ts';
import { finishGitHubSetup, gitHubSetupPath } from './github-setup.ts';
import { receiveGitHubNotice } from './github-webhook.ts';

export const github: Provider<'github'> = {
  connecting: installRoute(
    'github',
    'The same browser must open `url` within 10 minutes, and install the App there. GitHub sends the browser back to this server, which connects the organization if the person administers it in GitHub.',
  ),
  open(settings, { publicUrl }) {
    const client = new GitHubClient(settings);
    return {
      directory: client.directory,
      accountUrl: (state) => client.authorizeUrl(state, `${publicUrl}${gitHubSetupPath}`),
      revoke: (connection) => client.revoke(connection),
      installUrl: (state) => client.installUrl(state),
      addPages(router, services) {
        router.get(gitHubSetupPath, finishGitHubSetup(services, client));
        router.post('/extensions/github/webhook/', rawBody(services), receiveGitHubNotice(services, client));
      },
    };
  },
};
