import assert from 'node:assert/strict';
import { GitHubClient } from '../../../../../../server/src/features/integrations/providers/github/github-client.ts';

describe('GitHubClient', () => {
  const settings = { appId: '1', privateKey: 'key', clientId: 'id', clientSecret: 'secret', webhookSecret: 'secret' };

  it('derives the page of the App from the address of the API', () => {
    const pages = {
      'https://api.github.com': 'https://github.com/apps/rollcall',
      'https://api.acme.ghe.com': 'https://acme.ghe.com/apps/rollcall',
      'https://github.acme.example/api/v3': 'https://github.acme.example/github-apps/rollcall',
      'https://api.github.com.evil.example': 'https://api.github.com.evil.example/github-apps/rollcall',
    };
    for (const [url, page] of Object.entries(pages)) {
      const client = new GitHubClient({ ...settings, appSlug: 'rollcall', url });
      assert.equal(client.installUrl('a state'), `${page}/installations/new?state=a+state`);
    }
  });
});
