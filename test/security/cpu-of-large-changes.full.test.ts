import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { asIfIdle, median } from '../support/cpu-time.ts';
import { Inspector } from '../support/inspector.ts';
import { anOrganizationOf, aPerson, revisionOf } from '../support/provision.ts';
import { enableScim, patchOf } from '../support/scim.ts';
import { type SeparateServer, startSeparateServer } from '../support/separate-server.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const members = 10_000;
const rounds = 5;
const turnMsMax = 20;
const msPerKilobyte = 1;
const monitor = fileURLToPath(new URL('../support/turn-monitor.mjs', import.meta.url));

/** The client and the preparation are in this process, so that only the server's ticks count. */
describe('[H-99] a change of a group with 10,000 operations', () => {
  let server: TestServer;
  let separate: SeparateServer;
  let inspector: Inspector;
  let replica: WireReplica;
  let path: string;
  let token: string;

  before(async function () {
    this.timeout(180_000);
    const secret = randomBytes(24).toString('hex');
    server = await startServer({ SECRET: secret });
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const scim = await enableScim(server, org.id);
    token = scim.token;
    await sql`
      INSERT INTO members (id, organization_id, email, role, flags, invite_status, date_created)
      SELECT 60000000 + n, ${org.id}, n || '@large.example.com', 'member', '{}', 'approved', now() FROM generate_series(1, ${members}) AS n`.execute(
      server.services.db,
    );
    const group = (await scim('POST', '/Groups', { displayName: 'Everyone' })).body;
    path = `/api/0/organizations/${org.id}/scim/v2/Groups/${group.id}`;
    const shared = { SECRET: secret, DATABASE_URL: server.config.databaseUrl! };
    separate = await startSeparateServer(shared, ['--inspect=127.0.0.1:0', '--import', monitor]);
    const [, url = ''] = await separate.waitForLine(/^Debugger listening on (ws:\S+)$/);
    inspector = await Inspector.open(url);
    replica = await WireReplica.connect(separate.url, owner.token);
    await replica.subscribe(org.slug);
  });
  after(async () => {
    replica?.socket.disconnect();
    inspector?.[Symbol.dispose]();
    await separate?.stop();
    await server?.stop();
  });

  /** Sends the change, and waits until the subscriber has it. */
  async function change(body: object): Promise<void> {
    const answer = await separate.request('PATCH', path, { token, body });
    assert.equal(answer.status, 204, JSON.stringify(answer.body));
    await replica.reach(revisionOf(answer));
  }

  async function spentBy(body: object): Promise<number> {
    const from = await inspector.evaluate('turns.spentMs()');
    await change(body);
    return (await inspector.evaluate('turns.spentMs()')) - from;
  }

  async function longestTurnOf(body: object): Promise<number> {
    await inspector.evaluate('turns.start() ?? 0');
    await change(body);
    await inspector.evaluate('turns.stop() ?? 0');
    return inspector.evaluate('turns.longestMs()');
  }

  it('takes at most 1 ms of CPU time a KB and 20 ms a tick, up to the step of a subscriber', async function () {
    this.timeout(600_000);
    const ids = Array.from({ length: members }, (_, index) => String(60_000_001 + index));
    const bodies = {
      add: patchOf(...ids.map((value) => ({ op: 'add', path: 'members', value: [{ value }] }))),
      remove: patchOf(...ids.map((value) => ({ op: 'remove', path: `members[value eq "${value}"]` }))),
    };
    const spent = { add: [] as number[], remove: [] as number[] };
    const longest = { add: [] as number[], remove: [] as number[] };
    for (let round = 0; round < rounds * 2; round++) {
      for (const name of ['add', 'remove'] as const) {
        // Measuring ticks takes CPU time itself.
        if (round % 2 === 0) spent[name].push(await asIfIdle(() => spentBy(bodies[name])));
        else longest[name].push(await asIfIdle(() => longestTurnOf(bodies[name])));
      }
    }
    for (const name of ['add', 'remove'] as const) {
      const budgetMs = (JSON.stringify(bodies[name]).length / 1_024) * msPerKilobyte;
      assert.ok(median(spent[name]) <= budgetMs, `${name}: ${spent[name].map(Math.round)} ms of ${Math.round(budgetMs)}`);
      assert.ok(median(longest[name]) <= turnMsMax, `${name}: turns of ${longest[name].map(Math.round)} ms`);
    }
  });
});
