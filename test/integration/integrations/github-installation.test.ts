import assert from 'node:assert/strict';
import { readIntegrationSettings } from '../../../server/src/config/integrations.ts';
import { confirmInstallation } from '../../../server/src/directories/github/confirm-installation.ts';
import { openGitHubApp } from '../../../server/src/directories/github/github-app.ts';
import { GitHubStandIn, githubSettings } from '../../support/providers/github.ts';

describe('The installation of a GitHub App', () => {
  let github: GitHubStandIn;

  before(async () => {
    github = await GitHubStandIn.start();
  });
  after(() => github?.[Symbol.asyncDispose]());

  it('an installation is confirmed only to an administrator of its organization (S-52)', async () => {
    const none = { PAGERDUTY_URL: '', SLACK_URL: '', GITLAB_URL: '' };
    const app = openGitHubApp(readIntegrationSettings({ ...none, ...githubSettings(github.url) } as never).github!);
    const [mine, joined, foreign] = ['mine', 'joined', 'foreign'].map((login) => github.addOrganization(login));
    github.users.set('code', { id: 5, login: 'ada', adminOf: [mine!.id], memberOf: [joined!.id] });
    const confirm = (id: number, code = 'code') => confirmInstallation(app, github.url, code, id);

    const confirmed = { externalId: String(mine!.id), name: 'mine', domainName: 'github.com/mine' };
    assert.deepEqual(await confirm(mine!.installationId), confirmed);
    assert.equal(await confirm(joined!.installationId), null);
    assert.equal(await confirm(foreign!.installationId), null);
    assert.equal(await confirm(mine!.installationId, 'forged'), null);
  });
});
