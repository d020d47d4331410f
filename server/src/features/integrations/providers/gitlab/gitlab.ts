import { smallForm } from '../../../../http/pages/small-form.ts';
import { installRoute } from '../../http/install-route.ts';
import { rawBody } from '../../http/raw-body.ts';
import type { Provider } from '../provider.ts';
import { disconnectGitLab } from './disconnect-gitlab.ts';
import { GitLabClient, gitLabSetupPath } from './gitlab-client.ts';
import { GitLabDirectory } from './gitlab-directory.ts';
import { connectGitLabGroup } from './gitlab-group.ts';
import { chooseGitLabGroup, gitLabGroupPath } from './gitlab-setup.ts';
import { receiveGitLabNotice } from './gitlab-webhook.ts';

export const gitlab: Provider<'gitlab'> = {
  connecting: installRoute(
    'gitlab',
    'The same browser must open `url` within 10 minutes. GitLab sends it back to this server, where the person chooses a group that they maintain or own.',
  ),
  open(settings, { outbound, publicUrl }) {
    const client = new GitLabClient(settings, outbound, publicUrl);
    const directory = new GitLabDirectory(client);
    return {
      directory,
      accountUrl: (state, verifier) => client.authorizeUrl(state, verifier, 'read_user'),
      revoke: (connection) => disconnectGitLab(client, connection),
      installUrl: (state, verifier) => client.authorizeUrl(state, verifier),
      addPages(router, services) {
        router.get(gitLabSetupPath, chooseGitLabGroup(services, client));
        router.post(gitLabGroupPath, smallForm(services), connectGitLabGroup(services, client));
        router.post('/extensions/gitlab/webhook/:integration/', rawBody(services), receiveGitLabNotice(services, directory));
      },
    };
  },
};
