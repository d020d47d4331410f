import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { RequestWindow } from '../../../client-sdk/src/request-window.ts';
import { TestConnection } from '../../../client-sdk/src/testing/test-connection.ts';
import { TestTime } from '../../../client-sdk/src/testing/test-time.ts';
import { aClient } from './a-client.ts';

describe('the window of requests', () => {
  it('20,000 requests that wait while the connection is lost are skipped', () => {
    const window = new RequestWindow();
    const pending: (() => void)[] = [];
    for (let number = 0; number < 100; number++) window.run((done) => pending.push(done));
    let skipped = 0;
    for (let number = 0; number < 20_000; number++) {
      window.run((done) => {
        skipped++;
        done();
      });
    }
    assert.equal(skipped, 0);
    pending[0]!();
    assert.equal(skipped, 20_000);
  });
});

/** A connection that records the subscriptions, and responds when a test wants that. */
class SlowConnection extends TestConnection {
  readonly requested: { readonly org: string; acknowledge(reply: unknown): void }[] = [];

  override request(name: string, payload: unknown, acknowledge: (reply: unknown) => void): void {
    if (name === 'subscribe') this.requested.push({ org: (payload as { readonly org: string }).org, acknowledge });
  }
}

describe('a client whose window of requests is full', () => {
  it('a subscription that was closed while it waited is not requested', async () => {
    const time = new TestTime();
    let connection!: SlowConnection;
    const client = aClient({ now: time.now, timers: time }, (observer) => {
      connection = new SlowConnection(observer, new Map());
      return connection;
    });
    for (let number = 1; number <= 100; number++) client.organization(`org-${number}`);
    await setImmediate();
    const closed = client.organization('closed');
    client.organization('open');
    assert.equal(connection.requested.length, 100);
    closed.close();
    for (const { acknowledge } of connection.requested.slice(0, 2)) acknowledge({ mode: 'denied' });
    assert.deepEqual(
      connection.requested.slice(100).map(({ org }) => org),
      ['open'],
    );
    client.close();
  });
});
