import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { sql } from 'kysely';
import { pino } from 'pino';
import { enqueueMail } from '../../../server/src/mail/enqueue-mail.ts';
import { isTokenOf } from '../../../server/src/runtime/secrets/derived-tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { startPostgres } from '../../support/postgres.ts';
import {
  addMember,
  anOrganizationOf,
  aPerson,
  nextNumber,
  type Person,
  type PersonOptions,
  type ProvisionedOrg,
} from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type Received, startSmtp, type TestSmtp } from '../../support/smtp.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const rateLimited = [429, { detail: 'You are being rate limited for too many invitations.' }];

describe('mail', () => {
  const logLines: string[] = [];
  let smtp: TestSmtp;
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    smtp = await startSmtp();
    const logged = new PassThrough().setEncoding('utf8');
    logged.on('data', (line: string) => logLines.push(line));
    const environment = { SMTP_URL: smtp.url, MAIL_FROM: 'Rollcall: Tests <rollcall@example.com>' };
    server = await startServer(environment, { log: pino({ level: 'debug' }, logged) });
  });
  after(async () => {
    await server?.stop();
    await smtp?.stop();
  });

  beforeEach(async () => {
    owner = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, owner);
  });

  async function aMemberOf(orgRole: 'member' | 'owner' | 'manager', options?: PersonOptions): Promise<Person> {
    const person = await aPerson(server, options);
    await addMember(server, org, person, orgRole);
    return person;
  }

  const call = (method: string, path: string, by: Person = owner, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token: by.token, body, headers });
  const anAddress = () => `invitee-${nextNumber()}@example.com`;

  async function invite(email: string, body: Record<string, unknown> = {}, by: Person = owner): Promise<string> {
    const answer = await call('POST', 'members/', by, { email, ...body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  }

  const mailsTo = (email: string) => smtp.received.filter(({ recipients }) => recipients.includes(email));

  /** Waits until no mail is left to be sent, so that all have arrived. */
  async function mailsOnceSent(email: string): Promise<readonly Received[]> {
    await eventually(async () => assert.equal(await countWaiting(email), 0), { timeoutMs: 20_000 });
    return mailsTo(email);
  }

  async function countWaiting(email: string): Promise<number> {
    const rows = await server.services.db.selectFrom('mail_outbox').select('id').where('recipient', '=', email).execute();
    return rows.length;
  }

  const readRow = (id: string) => server.services.db.selectFrom('members').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  function tokenIn(mail: Received | undefined, memberId: string): string {
    const [, id, token] = new RegExp(`^${server.url}/accept/#(\\d+)\\.([0-9a-f]{64})$`, 'm').exec(mail?.text ?? '') ?? [];
    assert.equal(id, memberId, mail?.text);
    assert.ok((mail!.html as string).includes(`/accept/#${id}.${token}`));
    return token!;
  }

  describe('mail of an invite', () => {
    it('[6.3] arrives once, with its subject and a link that contains the invite’s token', async () => {
      const email = anAddress();
      const id = await invite(email);
      const [mail, ...more] = await mailsOnceSent(email);
      assert.equal(more.length, 0);
      const { body } = await call('GET', '');
      assert.equal(mail!.subject, `Join ${body.name} on Rollcall`);
      assert.equal(mail!.from?.text, '"Rollcall: Tests" <rollcall@example.com>');
      const token = tokenIn(mail, id);
      assert.equal(isTokenOf((await readRow(id)).invite_token_hash, token), true);
    });

    it('[6.3] stays unsent if the request omits it, though the invite has a token', async () => {
      const email = anAddress();
      const id = await invite(email, { sendInvite: false });
      assert.equal((await mailsOnceSent(email)).length, 0);
      assert.match((await readRow(id)).invite_token_hash!, /^[0-9a-f]{64}$/);
      assert.equal((await call('PUT', `members/${id}/`, owner, { reinvite: true })).status, 200);
      assert.equal(isTokenOf((await readRow(id)).invite_token_hash, tokenIn((await mailsOnceSent(email))[0], id)), true);
    });

    it('[6.5] can be sent again with the same token, or with a new token that invalidates the old one', async () => {
      const email = anAddress();
      const id = await invite(email);
      await mailsOnceSent(email);
      assert.equal((await call('PUT', `members/${id}/`, owner, { reinvite: true })).status, 200);
      await mailsOnceSent(email);
      assert.equal((await call('PUT', `members/${id}/`, owner, { reinvite: true, regenerate: true })).status, 200);
      const [first, again, renewed] = (await mailsOnceSent(email)).map((mail) => tokenIn(mail, id));
      assert.equal(again, first);
      assert.notEqual(renewed, first);
      const { invite_token_hash: hash } = await readRow(id);
      assert.deepEqual([isTokenOf(hash, first!), isTokenOf(hash, renewed!)], [false, true]);
      assert.equal(new Set((await mailsOnceSent(email)).map(({ messageId }) => messageId)).size, 3);
    });

    it('[W4] [W5] leaves only for an accepted invite, and once for a retry with the same key', async () => {
      const email = anAddress();
      assert.equal((await call('POST', 'members/', owner, { email, orgRole: 'nobody' })).status, 400);
      assert.equal((await mailsOnceSent(email)).length, 0);
      for (let time = 0; time < 2; time++) {
        assert.equal((await call('POST', 'members/', owner, { email }, { 'Idempotency-Key': email })).status, 201);
      }
      assert.equal((await mailsOnceSent(email)).length, 1);
    });

    it('contains no people and no addresses under enhanced privacy', async () => {
      const { body: ownRow } = await call('GET', 'members/me/');
      assert.equal((await call('PUT', '', owner, { enhancedPrivacy: true })).status, 200);
      const email = anAddress();
      const id = await invite(email);
      const [mail] = await mailsOnceSent(email);
      tokenIn(mail, id);
      for (const text of [mail!.subject!, mail!.text!, mail!.html as string, JSON.stringify([...mail!.headers])]) {
        for (const hidden of [owner.email, ownRow.name]) assert.ok(!text.includes(hidden), `it says ${hidden}: ${text}`);
      }
    });

    it('[S-02] [S-10] has a token that appears in no list, push, log line, audit log entry or database row', async () => {
      const replica = await WireReplica.open(server.url, owner.token, org.slug);
      const email = anAddress();
      const id = await invite(email);
      const token = tokenIn((await mailsOnceSent(email))[0], id);
      await server.request('POST', '/api/0/accept-invite/details/', { body: { member: id, token } });
      const shown: [string, unknown][] = [
        ['the list', (await call('GET', 'members/')).body],
        ['the details', (await call('GET', `members/${id}/`)).body],
        ['the state', (await server.operate('GET', `/organizations/${org.id}/state/?audience=owner`)).body],
        ['pushes', await eventually(() => framesWith(replica, email))],
        ['the log', logLines],
        ['the database', await readAllRows()],
      ];
      replica.close();
      const { invite_token_hash: hash, invite_token_nonce: nonce } = await readRow(id);
      for (const [where, what] of shown) {
        const text = JSON.stringify(what);
        assert.ok(text.includes(email) || where === 'the log', `${where} lacks the invite itself, so this check proves nothing`);
        assert.ok(!text.includes(token), `${where} shows the token`);
        if (where !== 'the database')
          assert.ok(!text.includes(hash!) && !text.includes(nonce!), `${where} shows the stored hash of the token`);
      }
    });

    function framesWith({ frames }: WireReplica, email: string): unknown {
      assert.ok(JSON.stringify(frames).includes(email), 'the invite was not pushed');
      return frames;
    }

    async function readAllRows(): Promise<unknown> {
      const { db } = server.services;
      const { rows: tables } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`.execute(db);
      assert.ok(tables.some(({ name }) => name === 'mail_outbox'));
      return Promise.all(tables.map(async ({ name }) => (await sql`SELECT t::text FROM ${sql.table(name)} AS t`.execute(db)).rows));
    }
  });

  describe('limits', () => {
    it('[6.3] [V2.3.2] allow ten invites per day to an address, including resent ones, and do not count rejected requests', async () => {
      const email = anAddress();
      const id = await invite(email);
      for (let time = 2; time <= 10; time++) {
        assert.equal((await call('PUT', `members/${id}/`, owner, { reinvite: true, regenerate: time % 2 === 0 })).status, 200);
        assert.equal((await call('POST', 'members/', owner, { email })).status, 400);
      }
      const tooMany = await call('PUT', `members/${id}/`, owner, { reinvite: true });
      assert.deepEqual([tooMany.status, tooMany.body], rateLimited);
      assert.equal((await call('DELETE', `members/${id}/`)).status, 204);
      const again = await call('POST', 'members/', owner, { email: email.toUpperCase() });
      assert.deepEqual([again.status, again.body], rateLimited);
      await invite(anAddress());
      assert.equal((await mailsOnceSent(email)).length, 10);
    });

    it('[6.3] allow an inviter a hundred invites per day over all organizations, also with two concurrent requests', async () => {
      const other = await anOrganizationOf(server, owner);
      await server.services.db
        .insertInto('sent_invites')
        .values(
          Array.from({ length: 98 }, (_, index) => ({
            organization_id: index < 50 ? org.id : other.id,
            actor: `user:${owner.userId}`,
            email: 'x',
          })),
        )
        .execute();
      const answers = await Promise.all(
        [org, other, org, other, org, other].map(({ slug }) =>
          server.request('POST', `/api/0/organizations/${slug}/members/`, { token: owner.token, body: { email: anAddress() } }),
        ),
      );
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 429, 429, 429, 429]);
      await server.services.db.updateTable('sent_invites').set({ sent_at: sql`sent_at - interval '1 day'` }).execute();
      await invite(anAddress());
    });
  });

  describe('mail of other changes', () => {
    it('[5.6] goes to detached members, with a link for their return', async () => {
      const plain = await aMemberOf('member');
      const safe = await aMemberOf('member', { hasSecondFactor: true });
      assert.equal((await call('PUT', '', owner, { require2FA: true })).status, 200);
      const [mail, ...more] = await mailsOnceSent(plain.email);
      assert.equal(more.length, 0);
      assert.match(mail!.text!, /requires two-factor authentication/);
      assert.equal(isTokenOf((await readRow(plain.memberId!)).invite_token_hash, tokenIn(mail, plain.memberId!)), true);
      assert.equal((await mailsOnceSent(safe.email)).length, 0);
    });

    it('[5.7] goes to each owner once before a deletion, and not to other members', async () => {
      const second = await aMemberOf('owner');
      const gone = await aMemberOf('owner');
      const manager = await aMemberOf('manager');
      assert.equal((await server.operate('PUT', `/users/${gone.userId}/`, { isActive: false })).status, 200);
      for (let time = 0; time < 2; time++) assert.equal((await call('DELETE', '')).status, 202);
      for (const { email } of [owner, second]) {
        const [mail, ...more] = await mailsOnceSent(email);
        assert.equal(more.length, 0);
        assert.match(mail!.subject!, / will be deleted in 24 hours$/);
        assert.deepEqual(mail!.recipients, [email]);
      }
      for (const { email } of [gone, manager]) assert.equal((await mailsOnceSent(email)).length, 0);
    });

    it('[10.1] [S-02] goes to owners for a new organization token, without its text', async () => {
      const { body } = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'back end', scopes: ['org:read'] });
      const [mail] = await mailsOnceSent(owner.email);
      assert.match(mail!.text!, /“back end”[\s\S]*org:read/);
      assert.ok(!mail!.text!.includes(body.token) && !(mail!.html as string).includes(body.token));
    });
  });

  describe('mail server', () => {
    it('delays no request while it is down, and all mails arrive once when it is back', async () => {
      await smtp.goDown();
      const emails = Array.from({ length: 5 }, anAddress);
      for (const email of emails) await invite(email);
      await eventually(async () => assert.equal(await readMetric(server, 'rollcall_mails_waiting'), 5));
      await eventually(async () => {
        const failed = await readMetric(server, 'rollcall_mail_attempts_failed_total{reason="ESOCKET"}');
        assert.ok(failed >= 5, `${failed} attempts failed`);
      });
      await smtp.comeBack();
      for (const email of emails) assert.equal((await mailsOnceSent(email)).length, 1);
      await eventually(async () => assert.equal(await readMetric(server, 'rollcall_mails_waiting'), 0));
    });

    it('rejects a mail permanently: the server gives up on the mail, logs it and counts it', async () => {
      smtp.refuseWith = 550;
      const email = anAddress();
      await invite(email);
      const { db } = server.services;
      const read = () => db.selectFrom('mail_outbox').selectAll().where('recipient', '=', email).executeTakeFirstOrThrow();
      await eventually(async () => assert.match((await read()).last_error ?? '', /550 not here/));
      await db
        .updateTable('mail_outbox')
        .set({ attempts: 4, next_attempt_at: sql`clock_timestamp()` })
        .where('recipient', '=', email)
        .execute();
      await eventually(async () => assert.notEqual((await read()).failed_at, null));
      smtp.refuseWith = null;
      assert.equal(await readMetric(server, 'rollcall_mails_given_up_total'), 1);
      const line = await eventually(() => logLines.find((one) => one.includes('gave up on a mail')) ?? assert.fail());
      assert.ok(!line.includes(email), 'an address in the log');
      await db.deleteFrom('mail_outbox').where('recipient', '=', email).execute();
    });

    it('gets each mail once if two instances send', async () => {
      const second = await startServer({ ...environmentOf(server), SMTP_URL: smtp.url });
      try {
        const emails = Array.from({ length: 40 }, anAddress);
        const { wakeMail } = second.services.writePath;
        // More at once could wait longer for the organization than a busy machine has time for.
        for (let from = 0; from < emails.length; from += 8)
          await Promise.all(emails.slice(from, from + 8).map((email) => invite(email).then(wakeMail)));
        for (const email of emails) assert.equal((await mailsOnceSent(email)).length, 1);
        const sent = await Promise.all([server, second].map((one) => readMetric(one, 'rollcall_mails_sent_total')));
        assert.ok(sent[1]! > 0, `the instances sent ${sent}: only one of them sent mails`);
      } finally {
        await second.stop();
      }
    });

    it('receives the complete mail if the server stops while sending it', async () => {
      const second = await startServer({ ...environmentOf(server), SMTP_URL: smtp.url });
      const email = anAddress();
      let stopped: Promise<void> | null = null;
      smtp.beforeAnswer = async () => {
        stopped ??= second.stop();
      };
      // The instance that commits sends first.
      const path = `/api/0/organizations/${org.slug}/members/`;
      assert.equal((await second.request('POST', path, { token: owner.token, body: { email } })).status, 201);
      await eventually(() => assert.notEqual(stopped, null));
      smtp.beforeAnswer = null;
      await stopped;
      assert.equal(await countWaiting(email), 0, 'its row is still in the queue');
      assert.equal(mailsTo(email).length, 1);
    });
  });
});

describe('mail during a database outage', () => {
  it('arrives once if the process could not record that it was sent', async () => {
    const smtp = await startSmtp();
    const postgres = await startPostgres({ own: true });
    const { url } = await postgres.createDatabase();
    const server = await startServer({ DATABASE_URL: url, SMTP_URL: smtp.url, LOG_LEVEL: 'silent' });
    try {
      const { writePath, db } = server.services;
      let isGone = false;
      smtp.beforeAnswer = async () => {
        await postgres.kill();
        isGone = true;
      };
      await db
        .transaction()
        .execute((tx) => enqueueMail(tx, [{ template: 'account-changed', params: { change: 'password-changed' }, to: 'a@example.com' }]));
      writePath.wakeMail();
      await eventually(() => assert.equal(isGone, true));
      smtp.beforeAnswer = null;
      await postgres.restart();
      const countRows = async () => (await db.selectFrom('mail_outbox').select('id').execute()).length;
      await eventually(async () => assert.equal(await countRows(), 0), { timeoutMs: 20_000 });
      assert.equal(smtp.received.length, 1);
    } finally {
      await server.stop();
      await smtp.stop();
      await postgres.stop();
    }
  });
});

function environmentOf({ config }: TestServer): Record<string, string> {
  return { DATABASE_URL: config.databaseUrl!, SECRET: config.secret };
}
