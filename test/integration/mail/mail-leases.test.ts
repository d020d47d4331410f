import assert from 'node:assert/strict';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Database } from '../../../server/src/database/database.ts';
import type { DuePolls, DueWork } from '../../../server/src/database/due-polls.ts';
import { enqueueMail } from '../../../server/src/mail/enqueue-mail.ts';
import type { Mail } from '../../../server/src/mail/mail.ts';
import { MailSender } from '../../../server/src/mail/mail-sender.ts';
import { claimMails, giveUpMail, postponeMail, type QueuedMail, renewLeases } from '../../../server/src/mail/outbox.ts';
import { Failpoints } from '../../../server/src/runtime/failpoints.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import type { TestDatabase } from '../../support/postgres.ts';

const leaseMs = 15_000;
const hour = 60 * 60 * 1_000;

describe('the leases of queued mails', () => {
  let postgres: TestDatabase;
  let database: Database;

  before(async () => {
    postgres = await aMigratedDatabase();
    database = openPostgres(postgres.url, createLog('silent'));
  });
  after(async () => {
    await database?.close();
    await postgres?.drop();
  });
  beforeEach(() => database.db.deleteFrom('mail_outbox').execute());

  const params = { change: 'password-changed' } as const;
  const enqueue = () =>
    database.db.transaction().execute((tx) => enqueueMail(tx, [{ template: 'account-changed', params, to: 'a@example.com' }]));
  const row = () => database.db.selectFrom('mail_outbox').selectAll().executeTakeFirstOrThrow();
  const rowCount = async () => (await database.db.selectFrom('mail_outbox').select('id').execute()).length;
  const set = (values: { next_attempt_at?: string; attempts?: number; failed_at?: null }) =>
    database.db.updateTable('mail_outbox').set(values).execute();
  const endLease = () => set({ next_attempt_at: new Date(Date.now() - 1).toISOString() });
  const claim = async (except: readonly QueuedMail[] = [], takesOver = true) =>
    (await claimMails(database.db, leaseMs, { count: 1, except, takesOver }))[0];

  it('end with a failed attempt, so that a renewal does not shorten the pause after it', async () => {
    await enqueue();
    const mail = (await claim())!;
    assert.equal((await renewLeases(database.db, [mail], leaseMs)).has(mail), true);
    await postponeMail(database.db, mail, hour, 'refused');
    const { next_attempt_at } = await row();
    assert.equal((await renewLeases(database.db, [mail], leaseMs)).has(mail), false);
    assert.equal((await row()).next_attempt_at, next_attempt_at);
  });

  it('pass to another sender after their time, and the former one then changes nothing', async () => {
    await enqueue();
    const former = (await claim())!;
    assert.equal(await claim(), undefined);
    await endLease();
    assert.equal(await claim([former]), undefined, 'the sender still sends it');
    const mail = (await claim())!;
    assert.equal(mail.id, former.id);
    await postponeMail(database.db, mail, hour, 'refused');
    const before = await row();
    assert.equal((await renewLeases(database.db, [former], leaseMs)).size, 0);
    await postponeMail(database.db, former, 1, 'late');
    await giveUpMail(database.db, former, 'late');
    assert.deepEqual(await row(), before);
  });

  it('pass to an older version, which keeps their text', async () => {
    await enqueue();
    const former = (await claim())!;
    await set({ attempts: former.attempts + 1, next_attempt_at: new Date(Date.now() + hour).toISOString() });
    const before = await row();
    assert.equal((await renewLeases(database.db, [former], leaseMs)).size, 0);
    await postponeMail(database.db, former, 1, 'late');
    assert.deepEqual(await row(), before);
  });

  it('differ if an operator requests the mail again', async () => {
    await enqueue();
    const former = (await claim())!;
    // As documented in docs/operating/mail.md.
    await set({ failed_at: null, attempts: 0, next_attempt_at: new Date(Date.now() - 1).toISOString() });
    const mail = (await claim())!;
    assert.equal(mail.attempts, former.attempts);
    await postponeMail(database.db, former, hour, 'late');
    assert.equal((await row()).lease, mail.lease);
  });

  it('stay with their sender right after an outage of the database, so that it can remove the mail', async () => {
    const { db, reads } = database;
    let poll = async (_isDue: boolean) => {};
    const duePolls = {
      add(work: DueWork) {
        poll = work.poll;
        return { async [Symbol.asyncDispose]() {} };
      },
    } as unknown as DuePolls;
    let sent = 0;
    const mail: Mail = { send: async () => void sent++ };
    const log = createLog('silent');
    const times = { renewMs: 200 };
    const sender = new MailSender({ db, reads, duePolls, mail, counters: new Counters(), log, failpoints: new Failpoints(null), times });
    sender.start({
      publicUrl: 'http://localhost',
      productName: 'Rollcall',
      deriveToken: () => '',
      from: { name: '', address: 'a@example.com' },
    });
    try {
      for (let outages = 1; outages <= 2; outages++) {
        await enqueue();
        const former = (await claim())!;
        await endLease();
        // A new mail shows that the sender is sending.
        await enqueue();
        await poll(true);
        await eventually(async () => assert.equal(await rowCount(), 1));
        assert.equal((await row()).id, former.id, 'the mail was taken over');
        await eventually(async () => {
          await poll(true);
          assert.equal(await rowCount(), 0, 'the mail of a dead sender was not sent');
        });
        assert.equal(sent, 2 * outages);
        const polledAt = performance.now();
        await eventually(() => assert.ok(performance.now() - polledAt > times.renewMs, 'too early'));
      }
    } finally {
      await sender.stop();
    }
  });
});
