import assert from 'node:assert/strict';
import { TestConnection } from '../../../client-sdk/src/testing/test-connection.ts';
import { TestOrganization } from '../../../client-sdk/src/testing/test-organization.ts';
import { TestTime } from '../../../client-sdk/src/testing/test-time.ts';
import { aClient } from './a-client.ts';

const refused = ['refused', 'too-many-records'];

/** A client of the organizations `large`, with 5 records, and `small`, with 2. */
async function openClient(recordsMax: number) {
  const time = new TestTime();
  let connection!: TestConnection;
  let ids = 0;
  const host = {
    step: (...args: Parameters<TestConnection['step']>) => connection.step(...args),
    revoke() {},
    newId: () => String(++ids),
  };
  const [large, small] = ['large', 'small'].map((id) => new TestOrganization({ id, slug: `the-${id}` }, host)) as [
    TestOrganization,
    TestOrganization,
  ];
  const organizations = new Map([large, small].map((organization) => [organization.id, organization]));
  const client = aClient({ now: time.now, timers: time, recordsMax }, (observer) => {
    connection = new TestConnection(observer, organizations);
    return connection;
  });
  for (let count = 0; count < 4; count++) large.addTeam();
  small.addTeam();
  await Promise.all([large, small].map(({ id }) => client.organization(id).ready()));
  const statusOf = (name: string) => {
    const { phase, reason } = client.organization(name).status;
    return [phase, reason];
  };
  return { client, large, small, statusOf, time };
}

describe('the limit of records of a client', () => {
  it('refuses the organization with the most records when another one exceeds the limit', async () => {
    const { client, small, statusOf } = await openClient(7);
    const [large, other] = [client.organization('large'), client.organization('small')];
    const endings: string[] = [];
    large.on('access.revoked', ({ reason }) => endings.push(reason));
    small.addTeam({ slug: 'one-more' });
    assert.deepEqual([statusOf('large'), statusOf('small')], [refused, ['live', null]]);
    assert.deepEqual([endings, large.state.teams.length, other.state.teams.length], [['too-many-records'], 0, 2]);
    for (let count = 0; count < 4; count++) small.addTeam();
    assert.deepEqual(statusOf('small'), ['live', null]);
    small.addTeam();
    assert.deepEqual(statusOf('small'), refused);
    client.close();
  });

  it('refuses the organization that exceeds the limit if it has the most records', async () => {
    const { client, large, statusOf } = await openClient(7);
    large.addTeam();
    assert.deepEqual([statusOf('large'), statusOf('small')], [refused, ['live', null]]);
    client.close();
  });

  it('does not load a refused organization again within a minute', async () => {
    const { client, large, statusOf, time } = await openClient(7);
    const handle = client.organization('large');
    const team = large.addTeam();
    assert.equal(client.organization('large'), handle);
    await assert.rejects(client.organization('large').ready(), { code: 'limit-reached' });
    // A ping visits all handles.
    time.repeat();
    assert.equal(client.organization('large'), handle);
    large.remove('team', team.id);
    time.pass(60_000);
    await client.organization('large').ready();
    assert.deepEqual(
      [statusOf('large'), statusOf('small')],
      [
        ['live', null],
        ['live', null],
      ],
    );
    client.close();
  });
});
