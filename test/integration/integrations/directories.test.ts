import assert from 'node:assert/strict';
import { findDirectoryRead } from '../../../server/src/database/outlets/directory-reads.ts';
import { connectGitHub } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('directories', function () {
  this.timeout(60_000);
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServer(githubSettings(github.url));
  });
  after(async () => {
    await server?.stop();
    await github[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${org.id}`, 3);
  });

  const readOf = (id: string) => findDirectoryRead(server.services.db, org.id, id);
  const readings = () => github.requests.filter((request) => request.startsWith(`GET /orgs/${acme.login}/members`)).length;

  /** Waits until the people were read this many times. */
  const hasRead = (count: number) => eventually(() => assert.equal(readings(), count), { timeoutMs: 12_000 });

  it('[13.14] reads a directory at once after it was connected, and then in the night', async () => {
    const id = await connectGitHub(server, org.id, acme);
    await hasRead(1);
    await eventually(async () => {
      const read = (await readOf(id))!;
      assert.equal(read.last_error, null);
      assert.equal(read.drift?.people.length, 3);
      assert.ok(Date.parse(read.next_read_at) > Date.now() + 60_000);
    });
  });

  it('[13.14] several notices within seconds cause one reading', async () => {
    await connectGitHub(server, org.id, acme);
    await hasRead(1);
    for (let notice = 0; notice < 5; notice++) await server.services.directories.readSoon('github', String(acme.id));
    await hasRead(2);
  });
});
