import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import type { CallingActor } from '../../../server/src/domain/actor.ts';
import { type Authentication, callerFrom } from '../../../server/src/identity/caller.ts';
import { viewerFrom } from '../../../server/src/read-path/subscriptions/viewer-from.ts';

/** After these calls, V8 has the hidden classes of a server that has been running. */
const warmUps = 20;

/** V8 has this function only for tests. */
function shareHiddenClass(a: object, b: object): boolean {
  setFlagsFromString('--allow-natives-syntax');
  return new Function('a', 'b', 'return %HaveSameMap(a, b)')(a, b) as boolean;
}

const authenticationOf = (number: number): Authentication => ({
  actor: { kind: 'user', userId: String(number), tokenScopes: null, boundOrgIds: null, bindings: null },
  credentialId: `credential-${number}`,
  expiresAt: null,
  session: null,
});

/** Each connection has such objects, and a hidden class takes more memory than the object. */
describe('the hidden classes', () => {
  const actorOf = (number: number): CallingActor => callerFrom(authenticationOf(number), `192.0.2.${number}`, 1_000.5 + number).actor;
  const viewerOf = (number: number) => viewerFrom(actorOf(number), null);

  for (const [name, make] of Object.entries({ actors: actorOf, viewers: viewerOf })) {
    it(`do not differ between the ${name} of callers`, () => {
      for (let number = 0; number < warmUps; number++) make(number);
      assert.ok(shareHiddenClass(make(100), make(101)));
    });
  }
});
