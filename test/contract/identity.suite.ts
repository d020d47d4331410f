import assert from 'node:assert/strict';
import type { Identity } from '../../server/src/identity/identity.ts';
import { isExpiredCredential } from '../../server/src/identity/identity.ts';
import { aPerson, type Person } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

export interface IdentityUnderTest {
  readonly identity: Identity;
  /** A token of the user with this lifetime. */
  tokenOf(person: Person, expiresInSeconds: number): Promise<string>;
  /** A token of the right form that was never issued. */
  unknownToken(): Promise<string>;
  close(): Promise<void>;
}

/** The contract of every identity provider. */
export function describeIdentityContract(name: string, open: (server: TestServer) => Promise<IdentityUnderTest>): void {
  describe(`identity: ${name}`, () => {
    let server: TestServer;
    let under: IdentityUnderTest;
    before(async () => {
      server = await startServer();
      under = await open(server);
    });
    after(async () => {
      await under?.close();
      await server?.stop();
    });

    it('[2] a token identifies its user, its credential and its expiry', async () => {
      const person = await aPerson(server);
      const token = await under.tokenOf(person, 300);
      const caller = await under.identity.authenticate(token);
      assert.ok(caller.actor.kind === 'user');
      assert.equal(caller.actor.userId, person.userId);
      assert.equal(caller.session, null);
      const endsInMs = Date.parse(caller.expiresAt!) - Date.now();
      assert.ok(endsInMs > 290_000 && endsInMs <= 301_000, String(endsInMs));
      assert.equal(caller.credentialId.includes(token), false);
      assert.notEqual(caller.credentialId, (await under.identity.authenticate(await under.tokenOf(person, 200))).credentialId);
    });

    it('[2] an expired token is refused, and the error reports that it was valid', async () => {
      const token = await under.tokenOf(await aPerson(server), -60);
      await assert.rejects(under.identity.authenticate(token), (error: Error) => {
        assert.equal(error.message, 'Token expired');
        return isExpiredCredential(error);
      });
    });

    it('[2] a token that was never issued is refused', async () => {
      for (const token of [await under.unknownToken(), 'x'.repeat(64), 'a.b.c', '..', '\u0000', 'ü']) {
        await assert.rejects(under.identity.authenticate(token), { code: 'unauthenticated', message: 'Invalid token' }, token);
      }
    });

    it('[S-15] a disabled user is refused, also right after a successful call', async () => {
      const person = await aPerson(server);
      const token = await under.tokenOf(person, 300);
      await under.identity.authenticate(token);
      await server.operate('PUT', `/users/${person.userId}/`, { isActive: false });
      await assert.rejects(under.identity.authenticate(token), { code: 'unauthenticated', message: 'User inactive or deleted' });
    });

    it('simultaneous checks are independent', async () => {
      const people = [await aPerson(server), await aPerson(server), await aPerson(server)];
      const tokens = await Promise.all(people.map((person) => under.tokenOf(person, 300)));
      const results = await Promise.allSettled([...tokens, await under.unknownToken()].map((token) => under.identity.authenticate(token)));
      assert.deepEqual(
        results.map((one) => (one.status === 'fulfilled' && one.value.actor.kind === 'user' ? one.value.actor.userId : one.status)),
        [...people.map(({ userId }) => userId), 'rejected'],
      );
    });
  });
}
