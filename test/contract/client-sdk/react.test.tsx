/** @jsxRuntime automatic */
/** @jsxImportSource react */
import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';
import { Can } from '@rollcall/client/react';
import { renderToString } from 'react-dom/server';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization, aTeam, put, remove } from '../../unit/client-sdk/records.ts';
import { ReactPage } from './react-page.tsx';
import { App, Listener, Members, Organizations, OwnerCount, Rights, renders, Status, Teams, Viewers } from './react-parts.tsx';
import { TinyServer } from './tiny-server.ts';

describe('the hooks for React (in StrictMode, against a tiny server)', () => {
  let server: TinyServer;
  let client: RollcallClient;
  let page: ReactPage;
  /** Waits until the page shows `text`. */
  function shows(text: string): Promise<void> {
    return eventually(() => assert.equal(page.text, text));
  }

  beforeEach(async () => {
    renders.clear();
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }), aTeam('5'));
    client = connect({ url: server.url, token: 'secret' });
    page = new ReactPage();
  });
  afterEach(async () => {
    await page.close();
    client.close();
    await server.close();
    assert.deepEqual(page.errors, []);
  });

  it('hooks show the live state with one subscription in total, regardless of how often React mounts them', async () => {
    page.render(
      <App client={client}>
        <Members />
        <Teams />
      </App>,
    );
    await shows('Member 1team-5');
    server.write(put(aMember('2')));
    await shows('Member 1,Member 2team-5');
    server.write(remove(aTeam('5')));
    await shows('Member 1,Member 2');
    assert.equal(server.subscriptions.length, 1);
  });

  it('hooks rerender only components whose selected value changed', async () => {
    page.render(
      <App client={client}>
        <Members />
        <Teams />
        <OwnerCount />
      </App>,
    );
    await shows('Member 1team-51');
    const before = new Map(renders);
    server.write(put(aTeam('6')));
    await shows('Member 1team-5,team-61');
    for (const part of ['members', 'owners']) assert.equal(renders.get(part), before.get(part), part);
    assert.ok(renders.get('teams')! > before.get('teams')!, 'the teams did not render');
    server.write(put(aMember('2')));
    await shows('Member 1,Member 2team-5,team-61');
    assert.equal(renders.get('owners'), before.get('owners'), 'a new value of a selector is compared by its contents');
  });

  it('hooks show what the user may do, and update when that changes', async () => {
    page.render(
      <App client={client}>
        <Rights />
        <Can scope="org:admin" fallback="no">
          yes
        </Can>
      </App>,
    );
    await client.organization('acme').ready();
    await shows('owner true true yes');
    const before = renders.get('rights');
    server.write(put(aTeam('6')));
    await eventually(() => assert.equal(client.organization('acme').state.teams.length, 2));
    assert.equal(renders.get('rights'), before);
    server.write(put(aMember('1', { orgRole: 'member' })));
    await shows('member false false no');
  });

  it('hooks deliver events to the listener of the last render', async () => {
    const heard: string[] = [];
    page.render(
      <App client={client}>
        <Listener name="first" heard={heard} />
      </App>,
    );
    await shows('closed');
    page.render(
      <App client={client}>
        <Listener name="second" heard={heard} />
      </App>,
    );
    server.write(put(aTeam('6')));
    await eventually(() => assert.deepEqual(heard, ['second: team-6']));
  });

  it('hooks show the status, and that the access ended', async () => {
    page.render(
      <App client={client}>
        <Status />
      </App>,
    );
    await shows('connected live 1 true');
    server.revoke('removed');
    await shows('connected revoked 0 false');
  });

  it('hooks show the end of a client that closed before they were mounted', async () => {
    client.close();
    page.render(
      <App client={client}>
        <Status />
      </App>,
    );
    await shows('closed closed 0 false');
  });

  it('hooks show the other viewers and publish the user’s page, without a gap when the page changes', async () => {
    const shown = (page: string) => (
      <App client={client}>
        <Viewers page={page} />
      </App>
    );
    page.render(shown('members'));
    await eventually(() => assert.deepEqual(server.looks, [{ org: '1', page: 'members' }]));
    const viewer = { userId: '1001', name: 'Member 1', page: 'members', since: '2026-03-01T09:30:00.000Z' };
    server.send('presence', { org: '1', viewers: [viewer], count: 1 });
    await shows('Member 1 on members');
    page.render(shown('teams'));
    await eventually(() => assert.deepEqual(server.looks.at(-1), { org: '1', page: 'teams' }));
    server.hangUp();
    await shows('');
    await eventually(() => assert.equal(server.looks.length, 3));
    page.render(null);
    await eventually(() =>
      assert.deepEqual(server.looks.slice(2), [
        { org: '1', page: 'teams' },
        { org: '1', leave: true },
      ]),
    );
  });

  it('hooks show the viewers if another handle already has the organization under another name', async () => {
    await client.organization('1').ready();
    page.render(
      <App client={client}>
        <Viewers page="members" />
      </App>,
    );
    await eventually(() => assert.deepEqual(server.looks, [{ org: '1', page: 'members' }]));
    const viewer = { userId: '1001', name: 'Member 1', page: 'members', since: '2026-03-01T09:30:00.000Z' };
    server.send('presence', { org: '1', viewers: [viewer], count: 1 });
    await shows('Member 1 on members');
  });

  it('hooks list the organizations of the user', async () => {
    server.organizations = [{ id: '1', slug: 'acme', name: 'Acme', status: 'active', orgRole: 'owner' }];
    page.render(
      <App client={client}>
        <Organizations />
      </App>,
    );
    await shows('Acme as owner');
  });

  it('hooks subscribe again after the access ended, when mounted again', async () => {
    const shown = (
      <App client={client}>
        <Members />
      </App>
    );
    page.render(shown);
    await shows('Member 1');
    server.revoke('removed');
    await shows('');
    server.isDenying = false;
    page.render(null);
    page.render(shown);
    await shows('Member 1');
  });

  it('hooks render the loading state on a server, and hydrate it in the browser', async () => {
    const shown = (
      <App client={client}>
        <Status />
      </App>
    );
    await client.organization('acme').ready();
    const html = renderToString(shown);
    assert.equal(html, 'idle loading 0 false');
    page.hydrate(html, shown);
    await shows('connected live 1 true');
  });
});
