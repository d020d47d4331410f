/** @jsxRuntime automatic */
/** @jsxImportSource react */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { connect, type DehydratedOrganization, dehydrate, OrgError, type RollcallClient } from '@rollcall/client';
import { OrganizationProvider, RollcallProvider, useCan, useMembers } from '@rollcall/client/react';
import { Component, type ReactNode, Suspense } from 'react';
import { renderToString } from 'react-dom/server';
import { eventually } from '../../support/eventually.ts';
import { aMember, anOrganization, put } from '../../unit/client-sdk/records.ts';
import { ReactPage } from './react-page.tsx';
import { TinyServer } from './tiny-server.ts';

interface ShownProps {
  readonly client: RollcallClient;
  readonly userId?: string;
  readonly dehydrated?: DehydratedOrganization | null;
  readonly suspense?: boolean;
}

/** The number of times that React rendered, or tried to render, the provider's parent. */
let renderCount = 0;

function Counted({ children }: { readonly children: ReactNode }) {
  renderCount++;
  return children;
}

function Shown({ client, userId = '1001', dehydrated = null, suspense = false }: ShownProps) {
  return (
    <RollcallProvider client={client} userId={userId}>
      <Boundary>
        <Suspense fallback="waiting">
          <Counted>
            <OrganizationProvider name="acme" dehydrated={dehydrated} suspense={suspense}>
              <Members />
            </OrganizationProvider>
          </Counted>
        </Suspense>
      </Boundary>
    </RollcallProvider>
  );
}

function Members() {
  const names = useMembers().map(({ name }) => name);
  return `${names.join()} ${useCan('org:admin').allowed}`;
}

class Boundary extends Component<{ readonly children: ReactNode }, { readonly code: string | null }> {
  override state = { code: null };
  static getDerivedStateFromError(error: unknown) {
    return { code: error instanceof OrgError ? error.code : String(error) };
  }
  override render() {
    return this.state.code ?? this.props.children;
  }
}

describe('a page that a server renders (against a tiny server)', () => {
  let server: TinyServer;
  /** The client of the back end, and that of the browser. */
  let backEnd: RollcallClient;
  let client: RollcallClient;
  let page: ReactPage;

  beforeEach(async () => {
    server = await TinyServer.open(anOrganization(), aMember('1', { orgRole: 'owner' }));
    backEnd = connect({ url: server.url, token: 'secret' });
    await backEnd.organization('acme').ready();
    client = connect({ url: server.url, token: 'secret' });
    page = new ReactPage();
  });
  afterEach(async () => {
    await page.close();
    client.close();
    backEnd.close();
    await server.close();
    assert.deepEqual(page.errors, []);
  });

  const shows = (text: string) => eventually(() => assert.equal(page.text, text));
  /** The dehydrated state as it arrives in the browser. */
  const sent = (userId = '1001') => JSON.parse(JSON.stringify(dehydrate(backEnd.organization('acme'), { userId })));

  it('shows the dehydrated state at once, hydrates it without a warning, and then shows changes', async () => {
    const shown = <Shown client={client} dehydrated={sent()} />;
    const html = renderToString(shown);
    assert.match(html, /Member 1 true/);
    assert.equal(server.handshakes.length, 1, 'the client of the page does not connect on the server');
    server.answersSubscriptions = false;
    page.hydrate(html, shown);
    await eventually(() => assert.equal(server.subscriptions.length, 2));
    assert.equal(page.text, 'Member 1 true');
    server.answersSubscriptions = true;
    server.hangUp();
    await eventually(() => assert.equal(client.organization('acme').status.phase, 'live'), { timeoutMs: 10_000 });
    server.write(put(aMember('2')));
    await shows('Member 1,Member 2 true');
  });

  it('shows nothing of the dehydrated state after the access ended', async () => {
    const shown = <Shown client={client} dehydrated={sent()} />;
    const html = renderToString(shown);
    server.isDenying = true;
    page.hydrate(html, shown);
    await shows(' false');
  });

  it('shows nothing of the dehydrated state after the token belongs to another person', async () => {
    server.identity = 'user:1001';
    const visitor = connect({ url: server.url, token: () => 'secret' });
    try {
      const shown = <Shown client={visitor} dehydrated={sent()} />;
      page.hydrate(renderToString(shown), shown);
      await eventually(() => assert.equal(visitor.organization('acme').status.phase, 'live'));
      server.identity = 'user:1002';
      server.answersSubscriptions = false;
      server.hangUp();
      await shows(' false');
      server.answersSubscriptions = true;
      server.hangUp();
      await shows('Member 1 true');
    } finally {
      visitor.close();
    }
  });

  it('ignores the dehydrated state of another user', () => {
    assert.doesNotMatch(renderToString(<Shown client={client} userId="1002" dehydrated={sent()} />), /Member 1/);
    assert.equal(sent('1002'), null);
  });

  it('suspends until there is a state, and never if a dehydrated state was passed', async () => {
    server.answersSubscriptions = false;
    page.render(<Shown client={client} suspense />);
    await shows('waiting');
    server.answersSubscriptions = true;
    server.hangUp();
    await shows('Member 1 true');
    page.render(null);
    page.render(<Shown client={client} suspense dehydrated={sent()} />);
    assert.equal(page.text, 'Member 1 true');
  });

  it('suspends again while there is no state of another user, without rendering in a loop', async () => {
    using visitor = connect({ url: server.url });
    server.identity = 'user:1';
    page.render(<Shown client={visitor} suspense />);
    await shows('Member 1 true');
    server.identity = 'user:2';
    server.answersSubscriptions = false;
    server.hangUp();
    await shows('waiting');
    page.render(<Shown client={visitor} suspense />);
    const before = renderCount;
    // A loop renders in each of these turns.
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    assert.ok(renderCount - before < 20, `${renderCount - before} renders while there was no state`);
    server.answersSubscriptions = true;
    server.hangUp();
    await shows('Member 1 true');
  });

  it('suspends in the browser only, and hydrates without a warning', async () => {
    const shown = <Shown client={client} suspense />;
    const html = renderToString(shown);
    assert.doesNotMatch(html, /waiting|Member/);
    page.hydrate(html, shown);
    await shows('Member 1 true');
  });

  it('throws the error for the error boundary when the access is denied or ends', async () => {
    server.isDenying = true;
    page.render(<Shown client={client} suspense />);
    await shows('denied');
    server.isDenying = false;
    await eventually(() => {
      page.render(null);
      page.render(<Shown client={client} suspense />);
      assert.equal(page.text, 'Member 1 true');
    });
    server.revoke('removed');
    await shows('denied');
  });
});
