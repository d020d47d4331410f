import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { RollcallClient } from '../../../client-sdk/src/client.ts';
import type { ConnectionObserver } from '../../../client-sdk/src/connection.ts';
import { TestConnection } from '../../../client-sdk/src/testing/test-connection.ts';
import { TestOrganization } from '../../../client-sdk/src/testing/test-organization.ts';
import { TestTime } from '../../../client-sdk/src/testing/test-time.ts';
import { aClient } from './a-client.ts';

const acme = new TestOrganization({ id: '1', slug: 'acme' }, { step() {}, revoke() {}, newId: () => '' });

/** A connection that records the subscriptions, and refuses them while a test wants that. */
class ObservedConnection extends TestConnection {
  readonly requested: string[] = [];
  isFull = false;

  override request(name: string, payload: unknown, acknowledge: (reply: unknown) => void): void {
    if (name === 'subscribe') this.requested.push((payload as { readonly org: string }).org);
    if (name === 'subscribe' && this.isFull) acknowledge({ mode: 'refused', reason: 'too-many-subscriptions' });
    else super.request(name, payload, acknowledge);
  }
}

describe('a client that subscribes to all listed organizations', () => {
  let client: RollcallClient;
  let connection: ObservedConnection;
  let observer: ConnectionObserver;
  /** The organizations that the server grants, by id. */
  let granted: Map<string, TestOrganization>;
  let version: number;

  beforeEach(async () => {
    const time = new TestTime();
    granted = new Map([['1', acme]]);
    version = 100;
    client = aClient({ now: time.now, timers: time, organizations: 'all' }, (given) => {
      observer = given;
      connection = new ObservedConnection(given, granted);
      return connection;
    });
    await client.organizations.ready();
    await setImmediate();
    await list();
    connection.requested.length = 0;
  });
  afterEach(() => client.close());

  /** Sends the list, and waits until the client has the response to each request. */
  async function list(...organizations: readonly object[]): Promise<void> {
    observer.frame('organizations', { version: ++version, organizations });
    await setImmediate();
  }

  it('an organization that was denied is opened again when the list changes, once', async () => {
    granted.clear();
    await list({ ...acme.listed, blocked: 'two-factor-required' });
    assert.equal(connection.requested.length, 1);
    granted.set('1', acme);
    await list(acme.listed);
    assert.deepEqual([connection.requested.length, client.organization('acme').status.phase], [2, 'live']);
    await list({ ...acme.listed, name: 'Other' });
    assert.equal(connection.requested.length, 2);
  });

  it('an organization that was removed and returns is opened again', async () => {
    await list(acme.listed);
    observer.frame('revoked', { org: '1', revision: acme.revision + 1, reason: 'removed' });
    await list();
    await list(acme.listed);
    assert.deepEqual(connection.requested, ['1', '1']);
    assert.equal(client.organization('acme').status.phase, 'live');
  });

  it('an organization that a limit refused is not requested again by each list', async () => {
    connection.isFull = true;
    await list(acme.listed);
    await list({ ...acme.listed, name: 'Other' });
    assert.equal(connection.requested.length, 1);
    connection.isFull = false;
    assert.equal(client.organization('acme').status.phase, 'loading');
    await setImmediate();
    assert.equal(client.organization('acme').status.phase, 'live');
  });
});

describe('a client whose function `organizations` throws for one organization', () => {
  it('subscribes to the others, and reports the error', async () => {
    const time = new TestTime();
    const slugs = ['acme', 'broken', 'other'];
    const granted = new Map(
      slugs.map((slug, index) => {
        const id = String(index + 1);
        return [id, new TestOrganization({ id, slug }, { step() {}, revoke() {}, newId: () => '' })];
      }),
    );
    const errors: unknown[] = [];
    let connection!: ObservedConnection;
    const client = aClient(
      {
        now: time.now,
        timers: time,
        onError: (error) => errors.push((error as Error).message),
        organizations: ({ slug }) => {
          if (slug === 'broken') throw new Error('no plan');
          return true;
        },
      },
      (observer) => {
        connection = new ObservedConnection(observer, granted);
        return connection;
      },
    );
    await client.organizations.ready();
    await setImmediate();
    assert.deepEqual([connection.requested, errors], [['1', '3'], ['no plan']]);
    client.close();
  });
});
