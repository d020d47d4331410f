import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialAck } from '../../protocol/src/index.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { TestIssuer } from '../support/issuer.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const rounds = 30;

describe('renewals of credentials while another instance ends them', function () {
  this.timeout(120_000);
  let issuer: TestIssuer;
  let instances: Instances;
  let first: TestServer;
  let second: TestServer;
  let person: Person;
  let org: ProvisionedOrg;

  before(async () => {
    issuer = await TestIssuer.start();
    instances = await startInstances(2, { environment: issuer.environment });
    [first, second] = instances.servers as [TestServer, TestServer];
    person = await aPerson(first);
    org = await anOrganizationOf(first, person);
  });
  after(async () => {
    await instances?.stop();
    await issuer?.stop();
  });

  const signed = () =>
    issuer.sign({ sub: `at-the-issuer-${person.userId}`, email: person.email, email_verified: true }, { expiresInSeconds: 300 });
  const aToken = async (): Promise<{ id: string; token: string }> =>
    (await first.operate('POST', `/users/${person.userId}/tokens/`, { scopes: ['org:read'] })).body;
  const end = (id: string) => second.operate('DELETE', `/users/${person.userId}/tokens/${id}/`);
  const setActive = (isActive: boolean) => second.operate('PUT', `/users/${person.userId}/`, { isActive });
  /** Null if the connection ended instead. */
  const renew = (replica: WireReplica, token: string): Promise<CredentialAck | null> =>
    Promise.race([
      replica.socket.emitWithAck('credential', { token }),
      new Promise<null>((resolve) => replica.socket.once('disconnect', () => resolve(null))),
    ]);
  const hasEnded = (replica: WireReplica, round: number) =>
    eventually(() => assert.equal(replica.socket.connected, false, `round ${round}: the connection is open`));

  it('[A5] never outlive the user: in each order, a disabled user has no connection left', async () => {
    let renewed = 0;
    for (let round = 0; round < rounds; round++) {
      const replica = await WireReplica.open(first.url, await signed(), org.slug);
      const token = await signed();
      const disabling = sleep(round % 6).then(() => setActive(false));
      const answer = await renew(replica, token);
      if (answer && 'expiresInMs' in answer) renewed++;
      await disabling;
      await hasEnded(replica, round);
      await setActive(true);
    }
    assert.ok(renewed > 0, 'no round renewed the credential before the user was disabled');
  });

  it('[A5] never outlive the new token, and never depend on the old one once they are acknowledged', async () => {
    let renewed = 0;
    for (let round = 0; round < rounds; round++) {
      const [before, after] = [await aToken(), await aToken()];
      const replica = await WireReplica.open(first.url, before.token, org.slug);
      const isOldEnded = round % 2 === 0;
      const ending = sleep(round % 6).then(() => end(isOldEnded ? before.id : after.id));
      const answer = await renew(replica, after.token);
      await ending;
      const wasRenewed = answer !== null && 'expiresInMs' in answer;
      if (wasRenewed) renewed++;
      // The end of the old token counts until the renewal, that of the new one from then on.
      if (isOldEnded !== wasRenewed) await hasEnded(replica, round);
      else {
        replica.ping();
        await eventually(() =>
          assert.ok(
            replica.frames.some(({ event }) => event === 'pong'),
            `round ${round}: no pong`,
          ),
        );
      }
      replica.close();
      await end(before.id);
      await end(after.id);
    }
    assert.ok(renewed > 0, 'no round renewed the credential');
  });
});
