import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { CredentialRenewal } from '../../../client-sdk/src/credential-renewal.ts';
import { connect } from '../../../client-sdk/src/index.ts';

/** Advances the time, and runs the callbacks of promises. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await new Promise(setImmediate);
}

/** Longer than the time limit of a token function, and than each delay of a client. */
const longMs = 30_000;

describe('a token function that returns no token', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('the client does not connect without one, calls it again after a delay, and reports the reason', async () => {
    let calls = 0;
    const returned = [null, undefined, ''];
    const token = () => returned[calls++] as string;
    const client = connect({ url: 'http://127.0.0.1:9', token });
    const org = client.organization('acme');
    for (let call = 1; call <= returned.length; call++) {
      await pass(0);
      assert.equal(client.status.reason, 'the token function failed: Error: it returned no token');
      assert.equal(org.can({ userId: '1' }, 'org:read').why, 'unreachable');
      assert.equal(calls, call);
      if (call < returned.length) await pass(longMs);
    }
    client.close();
  });

  it('a request is not sent without one', async () => {
    let requests = 0;
    const fetch = async () => {
      requests++;
      return new Response('{}');
    };
    const client = connect({ url: 'http://127.0.0.1:9', token: () => '', fetch });
    client.close();
    const outcome = client.session.current().catch((error: unknown) => error);
    for (let waits = 0; waits < 10; waits++) await pass(longMs);
    assert.equal(((await outcome) as { readonly code?: string }).code, 'unreachable');
    assert.equal(requests, 0);
  });
});

describe('a token function that never returns', () => {
  let calls: number;
  const token = () => {
    calls++;
    return new Promise<string>(() => {});
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
