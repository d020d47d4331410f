import assert from 'node:assert/strict';
import * as organizationCommands from '../../../client-sdk/src/rest/organization-commands.ts';
import * as organizationReads from '../../../client-sdk/src/rest/organization-reads.ts';
import * as sessionCalls from '../../../client-sdk/src/rest/session-calls.ts';

type Call = (...args: unknown[]) => { readonly body?: object };

describe('the tables of calls', () => {
  it('[H-12] `endTokens` goes into the body of each call that may end tokens', () => {
    const { sessionCalls: session, accountCalls: account } = sessionCalls;
    const how = { endTokens: true };
    assert.deepEqual(session.logOutEverywhere(how).body, how);
    assert.deepEqual(session.end('1', how).body, how);
    assert.deepEqual(account.changePassword('a', 'b', how).body, { password: 'a', newPassword: 'b', ...how });
    assert.deepEqual(account.resetPassword({ id: '1', token: 't' }, 'b', how).body, { id: '1', token: 't', password: 'b', ...how });
  });

  it('sends a write once if a repetition would fail or lose its result', () => {
    const { createToken, createAuthProvider, createScimToken, startSignOnTest, updateAuthProvider } =
      organizationCommands.organizationCommands;
    const provider = { key: 'oidc', config: { issuer: 'https://idp.example.com', client_id: 'a', client_secret: 'b' } };
    const once = [createToken({ name: 'a', scopes: [] }), createAuthProvider(provider), createScimToken(), startSignOnTest()];
    assert.ok(once.every((call) => call.isSentOnce));
    assert.equal(updateAuthProvider({ active: true }).isSentOnce, undefined);
  });

  it('sends the commands once that unlink an identity or reset a second factor, because a repetition would fail', () => {
    const { unlinkSsoIdentity, resetSecondFactor } = organizationCommands.organizationCommands;
    assert.deepEqual([unlinkSsoIdentity('1').isSentOnce, resetSecondFactor('1').isSentOnce], [true, true]);
  });

  it('[H-12] no call has a parameter with a default value, because it would be treated as the options', () => {
    const tables = [sessionCalls, organizationCommands, organizationReads].flatMap((module) => Object.values(module));
    const calls = tables.flatMap((table) => Object.entries(table as Record<string, Call>));
    assert.ok(calls.length > 40);
    for (const [name, call] of calls) {
      const parameters = String(call).split('=>')[0]!;
      assert.ok(!parameters.includes('='), `${name}: ${parameters}`);
    }
  });
});
