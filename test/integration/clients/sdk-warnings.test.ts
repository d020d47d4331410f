import assert from 'node:assert/strict';
import { connect } from '../../../client-sdk/src/index.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** The number of calls, more than the eleven listeners of which Node warns. */
const callsCount = 30;

describe('a process that uses the client', () => {
  let server: TestServer;
  const warnings: string[] = [];
  const note = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);

  before(async () => {
    server = await startServer();
    process.on('warning', note);
  });
  after(async () => {
    process.off('warning', note);
    await server?.stop();
  });

  it('gets no warning of listeners, with many calls and one signal for all of them', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const { signal } = new AbortController();
    const clients = Array.from({ length: callsCount }, () =>
      connect({ url: server.url, token: owner.token, signal, whenStale: 'ask-server' }),
    );
    const [client] = clients as [(typeof clients)[number]];
    const handles = clients.map((one) => one.organization(org.slug));
    const [handle] = handles as [(typeof handles)[number]];
    const times = <T>(call: () => Promise<T>) => Promise.all(Array.from({ length: callsCount }, call));
    try {
      // Before the replica exists, each check is a request. On a busy machine, it may end without a
      // decision.
      await times(() => handle.check({ userId: owner.userId }, 'org:read', undefined, { signal }).catch(() => null));
      await times(() => handle.ready({ signal }));
      await Promise.all(handles.map((one) => one.ready({ signal })));
      await times(() => client.organizations.ready({ signal }));
      await times(() => handle.read.members({ signal }));
      const { revision } = await handle.createTeam({ slug: 'red' }, { signal });
      await Promise.all([...handles, ...handles].map((one) => one.waitFor(revision, { signal })));
      for (let n = 0; n < callsCount; n++) handle.on('change', () => {}, { signal });
    } finally {
      for (const one of clients) one.close();
    }
    // Node emits warnings in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });
});
