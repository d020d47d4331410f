import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { addIntegration } from '../../../server/src/features/integrations/commands/add-integration.ts';
import { openConnection } from '../../../server/src/features/integrations/directories/stored-connection.ts';
import { tokensOf, tokensSecret, tokensToText } from '../../../server/src/features/integrations/providers/gitlab/gitlab-tokens.ts';
import { botTokenSecret } from '../../../server/src/features/integrations/providers/slack/slack-notifier.ts';
import { runCommand } from '../../../server/src/write-path/run-command.ts';
import { eventually } from '../../support/eventually.ts';
import { GitLabBrowser } from '../../support/gitlab-connections.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { GitLabStandIn, type GitLabUser, gitlabSettings, owner, type StandInGroup } from '../../support/providers/gitlab.ts';
import { SlackStandIn, slackSettings } from '../../support/providers/slack.ts';
import { nextNumber } from '../../support/provision.ts';
import { pollsIntegrationsOften, startServer, type TestServer } from '../../support/server.ts';

describe('an organization of a provider that is connected again', () => {
  let slack: SlackStandIn;
  let gitlab: GitLabStandIn;
  let server: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    slack = await SlackStandIn.start();
    gitlab = await GitLabStandIn.start();
    server = await startServer({ ...slackSettings(slack.url), ...gitlabSettings(gitlab.url) }, pollsIntegrationsOften);
  });
  after(async () => {
    await server?.stop();
    await slack?.stop();
    await gitlab?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    slack.calls.length = 0;
  });

  const call = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...(body === undefined ? {} : { body }) });
  const makeDue = () =>
    server.services.db.updateTable('provider_revocations').set({ next_attempt_at: sql<string>`clock_timestamp()` }).execute();
  const hasNoRevocations = () =>
    eventually(
      async () => {
        const rows = server.services.db
          .selectFrom('provider_revocations')
          .select('integration_id')
          .where('organization_id', '=', org.id)
          .where('is_ended', '=', false);
        assert.deepEqual(await rows.execute(), []);
      },
      { timeoutMs: 20_000 },
    );
  const secretOwners = async () => {
    const rows = server.services.db.selectFrom('org_secrets').select('owner_id').where('organization_id', '=', org.id);
    return [...new Set((await rows.execute()).map(({ owner_id }) => owner_id))];
  };

  describe('Slack', () => {
    let teamId: string;

    beforeEach(() => {
      teamId = `T${nextNumber()}`;
    });

    async function connect(token: string, confirmedAfter = new Date().toISOString()): Promise<string> {
      const { secret, writePath } = server.services;
      const { response } = await runCommand(writePath, addIntegration, {
        orgId: org.id,
        actor: { kind: 'system' },
        input: {
          ...{ provider: 'slack', name: 'Acme', domainName: '', externalId: teamId },
          config: { channels: ['C1'], eventTypes: ['team.created'] },
          secrets: { key: secret, byName: { [botTokenSecret]: token } },
          confirmedAfter,
        },
        requestId: null,
        respond: async (_tx, { id }) => ({ status: 201, body: id }),
      });
      return response.body as string;
    }

    /** Removes the integration. Slack fails at the first attempt to end its token. */
    async function removeWhileDown(id: string): Promise<void> {
      slack.next.push({ method: 'auth.revoke', status: 503 });
      assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
      const isOver = sql<boolean>`called_until <= clock_timestamp()`.as('isOver');
      const rows = server.services.db.selectFrom('provider_revocations').select(isOver).where('organization_id', '=', org.id);
      await eventually(
        async () =>
          assert.ok(
            (await rows.execute()).every((row) => row.isOver === true),
            'not yet',
          ),
        { timeoutMs: 20_000 },
      );
    }

    it('[13.12] [S-52] keeps the token if Slack returned the one of the removed connection again', async () => {
      const token = `xoxb-${teamId}`;
      await removeWhileDown(await connect(token));
      const again = await connect(token);
      await makeDue();
      await hasNoRevocations();
      assert.ok(!slack.revokedTokens.has(token), 'the token of the new connection was revoked');
      assert.deepEqual(await secretOwners(), [again]);
    });

    it('[13.12] [S-52] keeps the token of another organization that connected later and is disabled', async () => {
      const token = `xoxb-${teamId}`;
      const connectAndDisable = async () => {
        const id = await connect(token);
        assert.equal((await call('POST', `integrations/${id}/`, { status: 'disabled' })).status, 200);
        return id;
      };
      const former = await connectAndDisable();
      const first = org;
      org = await anOrgWithOwner(server);
      await connectAndDisable();
      org = first;
      assert.equal((await call('DELETE', `integrations/${former}/`)).status, 204);
      await hasNoRevocations();
      assert.ok(!slack.revokedTokens.has(token), 'the token of the later connection was revoked');
    });

    it('[13.12] loses the former token if Slack returned another one', async () => {
      await removeWhileDown(await connect(`xoxb-${teamId}-1`));
      await connect(`xoxb-${teamId}-2`);
      const id = await connect(`xoxb-${teamId}-3`);
      await makeDue();
      await hasNoRevocations();
      const revoked = [1, 2, 3].map((number) => slack.revokedTokens.has(`xoxb-${teamId}-${number}`));
      assert.deepEqual(revoked, [true, true, false]);
      assert.deepEqual(await secretOwners(), [id]);
    });

    it('[13.12] [S-52] gets a 503 while the token that Slack returned again is being revoked, and right afterwards', async () => {
      const token = `xoxb-${teamId}`;
      const id = await connect(token);
      const before = new Date().toISOString();
      slack.codes.set(`code-${teamId}`, { id: teamId, name: 'Acme', token });
      const { body } = await call('POST', 'integrations/slack/install/');
      const state = new URL(body.url).searchParams.get('state')!;
      let release = () => {};
      slack.held.push({ method: 'auth.revoke', token, until: new Promise((resolve) => (release = resolve)) });
      assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
      await eventually(() => assert.deepEqual(slack.held, []), { timeoutMs: 20_000 });
      const query = new URLSearchParams({ code: `code-${teamId}`, state });
      const page = await fetch(`${server.url}/extensions/slack/setup/?${query}`, { redirect: 'manual', headers: { cookie: org.cookie } });
      assert.equal(page.status, 503);
      assert.match(await page.text(), /The previous connection to this provider is still being revoked\. Connect again in a minute/);
      release();
      await hasNoRevocations();
      await assert.rejects(connect(token, before), { code: 'unavailable' });
      assert.deepEqual(await secretOwners(), []);
      const again = await connect(`${token}-2`);
      assert.deepEqual(await secretOwners(), [again]);
    });

    it('[13.12] stays active if a message with the former token is refused afterwards', async () => {
      const [former, present] = [`xoxb-${teamId}-1`, `xoxb-${teamId}-2`];
      const id = await connect(former);
      slack.revokedTokens.add(former);
      let release = () => {};
      slack.held.push({ method: 'chat.postMessage', token: former, until: new Promise((resolve) => (release = resolve)) });
      assert.equal((await call('POST', 'teams/', { slug: `team-${org.id}` })).status, 201);
      await eventually(() => assert.deepEqual(slack.held, []), { timeoutMs: 20_000 });
      assert.equal(await connect(present), id);
      release();
      await eventually(
        () =>
          assert.deepEqual(
            slack.callsOf('chat.postMessage').map(({ token }) => token),
            [former, present],
          ),
        { timeoutMs: 20_000 },
      );
      assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'active');
    });
  });

  describe('GitLab', () => {
    let browser: GitLabBrowser;
    let ada: GitLabUser;
    let group: StandInGroup;

    beforeEach(() => {
      browser = new GitLabBrowser(server, gitlab);
      ada = gitlab.addUser(`ada-${org.id}`);
      group = gitlab.addGroup(`acme-${org.id}`, [[ada, owner]]);
    });

    it('[13.12] [S-52] loses the former tokens and the former webhook', async () => {
      const live = gitlab.liveGrants;
      const id = await browser.connect(org, ada, group);
      const [former] = group.hooks.keys();
      gitlab.next.push({ path: new RegExp(`/hooks/${former}$`), status: 502 });
      assert.equal(await browser.connect(org, ada, group), id);
      assert.equal(gitlab.next.length, 0);
      await hasNoRevocations();
      assert.deepEqual([gitlab.liveGrants - live, group.hooks.size, group.hooks.has(former!)], [1, 1, false]);
      assert.deepEqual(await secretOwners(), [id]);
    });

    it('[13.12] [S-52] loses the former tokens also if GitLab creates no webhook for the new connection', async () => {
      const live = gitlab.liveGrants;
      const id = await browser.connect(org, ada, group);
      gitlab.hasGroupHooks = false;
      assert.equal(await browser.connect(org, ada, group).finally(() => (gitlab.hasGroupHooks = true)), id);
      await hasNoRevocations();
      assert.equal(gitlab.liveGrants - live, 1);
    });

    it('[13.12] [S-52] loses tokens that were renewed while it was connected again', async () => {
      const live = gitlab.liveGrants;
      const id = await browser.connect(org, ada, group);
      const { db, secret: key } = server.services;
      const ref = { orgId: org.id, integrationId: id, provider: 'gitlab', externalId: String(group.id) } as const;
      const connection = await openConnection({ db, key }, ref);
      await connection.replaceSecret(tokensSecret, async () => {
        const renewed = tokensToText(gitlab.grant(ada));
        assert.equal(await browser.connect(org, ada, group), id);
        return renewed;
      });
      await hasNoRevocations();
      assert.equal(gitlab.liveGrants - live, 1);
      assert.deepEqual(await secretOwners(), [id]);
    });

    it('[13.12] loses tokens that are renewed while the removed connection is being ended', async () => {
      const live = gitlab.liveGrants;
      gitlab.hasGroupHooks = false;
      const id = await browser.connect(org, ada, group).finally(() => (gitlab.hasGroupHooks = true));
      const { db, secret: key } = server.services;
      const connection = await openConnection(
        { db, key },
        { orgId: org.id, integrationId: id, provider: 'gitlab', externalId: String(group.id) },
      );
      let release = () => {};
      await connection.replaceSecret(tokensSecret, async (former) => {
        const renewed = tokensToText(gitlab.renew(tokensOf(former)));
        gitlab.held.push({ path: /^\/oauth\/revoke/, until: new Promise((resolve) => (release = resolve)) });
        assert.equal((await call('DELETE', `integrations/${id}/`)).status, 204);
        await eventually(() => assert.deepEqual(gitlab.held, []), { timeoutMs: 20_000 });
        return renewed;
      });
      assert.equal(gitlab.liveGrants - live, 1);
      release();
      await makeDue();
      await hasNoRevocations();
      assert.equal(gitlab.liveGrants - live, 0);
      assert.deepEqual(await secretOwners(), []);
    });

    it('[13.12] works again after the SECRET changed', async () => {
      const id = await browser.connect(org, ada, group);
      await server.services.db.updateTable('org_secrets').set({ encrypted: 'by another SECRET' }).where('owner_id', '=', id).execute();
      assert.equal(await browser.connect(org, ada, group), id);
      assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'active');
    });
  });
});
