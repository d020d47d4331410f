import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { CredentialRenewal } from '../../../client-sdk/src/credential-renewal.ts';
import { connect } from '../../../client-sdk/src/index.ts';

/** Longer than the time limit of a token function, and than each delay of a client. */
const longMs = 30_000;

describe('a token function that never returns', () => {
  let calls: number;
  const token = () => {
    calls++;
    return new Promise<string>(() => {});
  };
  /** Advances the time, and runs the callbacks of promises. */
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await new Promise(setImmediate);
  };

  beforeEach(() => {
    calls = 0;
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => mock.timers.reset());

  it('the client calls it again to connect, and reports the reason', async () => {
    const client = connect({ url: 'http://127.0.0.1:9', token });
    const org = client.organization('acme');
    await pass(longMs);
    assert.equal(client.status.reason, 'the token function failed: Error: it returned no token within 10000 ms');
    assert.equal(org.can({ userId: '1' }, 'org:read').why, 'unreachable');
    await pass(longMs);
    assert.equal(calls, 2);
    client.close();
    await pass(longMs);
    assert.equal(client.status.phase, 'closed');
  });

  it('the client calls it again to renew the credential of an open connection', async () => {
    const expiresInMs = 10_000;
    const renewal = new CredentialRenewal({
      random: () => 0.5,
      token,
      request: (_, acknowledge) => acknowledge({ identity: 'user:1', expiresInMs }),
      identified() {},
      reconnect() {},
    });
    await pass(expiresInMs);
    assert.equal(calls, 1);
    await pass(longMs);
    await pass(longMs);
    assert.equal(calls, 2);
    renewal.end();
  });

  it('the request fails, as if the server were unreachable', async () => {
    const client = connect({ url: 'http://127.0.0.1:9', token });
    client.close();
    let outcome: unknown = 'pending';
    client.session.current().catch((error: unknown) => {
      outcome = error;
    });
    for (let waits = 0; waits < 10; waits++) await pass(longMs);
    assert.equal((outcome as { readonly code?: string }).code, 'unreachable', String(outcome));
  });
});
