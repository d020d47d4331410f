import assert from 'node:assert/strict';
import type { RestCall } from '../../../client-sdk/src/rest/calls.ts';
import * as organizationCommands from '../../../client-sdk/src/rest/organization-commands.ts';
import * as organizationReads from '../../../client-sdk/src/rest/organization-reads.ts';
import * as sessionCalls from '../../../client-sdk/src/rest/session-calls.ts';
import { definitionOf, integrationProviders } from '../../../protocol/src/index.ts';
import { routes } from '../../../server/src/http/routes.ts';

type Call = (...args: unknown[]) => RestCall;

/** The routes that write and have no call, with the reason. */
const withoutCall: Readonly<Record<string, string>> = {
  'POST /auth/emails/remove/': 'is called by the page behind the link of a mail',
  'POST /accept-invite/:member/:token/': 'is another address of a route that has a call',
  'POST /accept-invite/:organization/:member/:token/': 'is another address of a route that has a call',
  'PUT /organizations/:org/external-users/:mapping/': 'is for clients of Sentry',
};

/**
 * A value of any parameter: an id, or an object whose fields are ids.
 * @param provider the field of that name
 */
const anyArgument = (provider = '*'): unknown =>
  new Proxy(
    {},
    {
      get: (_target, name) => {
        if (name === Symbol.toPrimitive) return () => '*';
        if (name === 'provider') return provider;
        return name === 'map' ? () => [] : '*';
      },
    },
  );

/** The form of a provider has a field for its key. Otherwise the key is the only parameter. */
const providerArguments = integrationProviders.map((key) => (definitionOf(key).form ? anyArgument(key) : key));

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

  it('have a call for each route that writes, except those that only other programs use', () => {
    const tables = [sessionCalls, organizationCommands, organizationReads].flatMap(
      (module) => Object.values(module) as Record<string, Call>[],
    );
    const called = new Set(
      tables.flatMap((table) =>
        Object.values(table).flatMap((call) => {
          // With and without the optional fields of an object.
          return [anyArgument(), '*', ...providerArguments].map((argument) => {
            const { method, path } = call(...Array.from({ length: call.length }, () => argument));
            return `${method} /${path.map((segment) => (typeof segment === 'symbol' ? '*' : String(segment))).join('/')}/`;
          });
        }),
      ),
    );
    const missing = routes
      .filter(({ method, path }) => method !== 'GET' && !path.includes('/scim/v2/'))
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => !called.has(route.replace(/:\w+/g, '*')));
    assert.deepEqual(missing.sort(), Object.keys(withoutCall).sort());
  });
});
