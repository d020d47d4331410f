import assert from 'node:assert/strict';
import { confirmInstallation } from '../../../server/src/features/integrations/providers/github/confirm-installation.ts';
import { GitHubStandIn, githubApp } from '../../support/providers/github.ts';

describe('the installation of a GitHub App', () => {
  let github: GitHubStandIn;

  before(async () => {
    github = await GitHubStandIn.start();
  });
  after(() => github?.stop());

  it('[S-52] counts as confirmed only for an administrator of its organization', async () => {
    const app = githubApp(github.url);
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
