import assert from 'node:assert/strict';
import { connect, type OrganizationHandle, OrgError, type RollcallClient } from '../../../client-sdk/src/index.ts';
import { EditConflict, saveUnlessChanged } from '../../../react/src/save-unless-changed.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('an edit in the console', () => {
  let server: TestServer;
  let owner: Person;
  let provisioned: ProvisionedOrg;
  let client: RollcallClient;
  let org: OrganizationHandle;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    provisioned = await anOrganizationOf(server, owner);
    client = connect({ url: server.url, token: owner.token });
    org = client.organization(provisioned.slug);
    await org.ready();
    await org.waitFor((await org.createTeam({ slug: 'web', name: 'Web' })).revision);
  });
  afterEach(() => client.close());

  const nameNow = () => org.state.teams[0]!.name;
  /** A change by another user, just before the save arrives. */
  const meanwhile = async (path: string, body: object) => {
    const answer = await server.request('PUT', path, { token: owner.token, body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };

  it('[W6] retries if another part of the organization changed', async () => {
    let attempts = 0;
    await saveUnlessChanged({
      org,
      base: 'Web',
      read: nameNow,
      async save(options) {
        if (attempts++ === 0) await meanwhile(`/api/0/organizations/${provisioned.slug}/`, { name: 'Renamed' });
        return org.updateTeam('web', { name: 'Mine' }, options);
      },
    });
    assert.equal(attempts, 2);
    assert.equal((await server.request('GET', `/api/0/teams/${provisioned.slug}/web/`, { token: owner.token })).body.name, 'Mine');
  });

  it('[W6] waits for the first state, because a page that a server rendered can be used before', async () => {
    using later = connect({ url: server.url, token: owner.token });
    const early = later.organization(provisioned.slug);
    await saveUnlessChanged({
      org: early,
      base: 'Web',
      read: () => early.state.teams[0]?.name ?? null,
      save: (options) => early.updateTeam('web', { name: 'Mine' }, options),
    });
    assert.equal((await server.request('GET', `/api/0/teams/${provisioned.slug}/web/`, { token: owner.token })).body.name, 'Mine');
  });

  it('[W6] does not overwrite another user’s change of the same record, and shows that change', async () => {
    const saving = saveUnlessChanged({
      org,
      base: 'Web',
      read: nameNow,
      async save(options) {
        await meanwhile(`/api/0/teams/${provisioned.slug}/web/`, { name: 'Theirs' });
        return org.updateTeam('web', { name: 'Mine' }, options);
      },
    });
    await assert.rejects(saving, (error) => error instanceof EditConflict && error.theirs === 'Theirs');
    assert.equal((await server.request('GET', `/api/0/teams/${provisioned.slug}/web/`, { token: owner.token })).body.name, 'Theirs');
  });

  it('keeps its error if it was rejected for another reason', async () => {
    const saving = saveUnlessChanged({
      org,
      base: 'Web',
      read: nameNow,
      save: (options) => org.updateTeam('web', { slug: '123' }, options),
    });
    await assert.rejects(saving, (error) => error instanceof OrgError && error.code === 'invalid');
  });
});
