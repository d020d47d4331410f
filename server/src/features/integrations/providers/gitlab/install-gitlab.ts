import { installRoute } from '../../http/install-route.ts';

export const installGitLabRoute = installRoute({
  provider: 'gitlab',
  metadata: {
    id: 'installGitLab',
    summary: 'Connect a GitLab group',
    description:
      'The same browser must open `url` within 10 minutes. GitLab sends it back to this server, where the person chooses a group that they maintain or own.',
  },
  variables: 'GITLAB_CLIENT_ID and GITLAB_CLIENT_SECRET',
  urlOf: ({ gitlab }) => gitlab && ((state, verifier) => gitlab.authorizeUrl(state, verifier)),
});
