import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { readMetric } from '../../support/metrics.ts';
import { type StartedProcess, startProcess } from '../../support/process.ts';
import { anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';
import { type Api, apiOf } from '../../support/server.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';

const operatorToken = 'operator-token-of-the-mail-test-1234567';
/** A request that waited for the mail server would take as long as its timeouts, 10 s. */
const answerMsMax = 5_000;
/**
 * After 15 s another process takes over the mails of a dead one. A retry is at most a minute away,
 * in these tests some seconds.
 */
const arrivalMsMax = 60_000;

/** Mails while processes and the mail server fail. `databaseOf` names a new database. */
export function describeMailOf(name: string, databaseOf: () => Promise<Record<string, string>>): void {
  describe(`mail of a server process on ${name}`, function () {
    this.timeout(180_000);
    let smtp: TestSmtp;
    let environment: Record<string, string>;
    let server: StartedProcess;
    let api: Api;
    let url: string;
    let org: ProvisionedOrg;

    const start = async (more: Record<string, string> = {}) => {
      server = startProcess(['start'], { ...environment, ...more });
      await server.waitForLine(/is ready on/, 60_000);
    };

    before(async () => {
      smtp = await startSmtp();
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      const own = { PORT: String(port), DATA_DIR: makeTemporaryDirectory('mailing'), OPERATOR_TOKEN: operatorToken, SMTP_URL: smtp.url };
      environment = { ...own, ...(await databaseOf()) };
      await start();
      api = apiOf(url, operatorToken);
      org = await anOrganizationOf(api, await aPerson(api));
    });
    after(async () => {
      await server?.kill('SIGKILL');
      await smtp?.stop();
    });
    beforeEach(() => {
      smtp.beforeAnswer = null;
    });

    const anAddress = () => `invitee-${nextNumber()}@example.com`;
    const requestInvite = (email: string) =>
      api.request('POST', `/api/0/organizations/${org.slug}/members/`, { token: org.owner.token, body: { email } });

    async function invite(): Promise<string> {
      const email = anAddress();
      const askedAt = performance.now();
      const { status, body } = await requestInvite(email);
      assert.equal(status, 201, JSON.stringify(body));
      assert.ok(performance.now() - askedAt < answerMsMax, 'the request waited for the mail server');
      return email;
    }

    const idsTo = (email: string) => smtp.received.filter(({ recipients }) => recipients.includes(email)).map(({ messageId }) => messageId);

    /** Asserts that no mail is left to be sent, so that all have arrived. */
    function allSent(): Promise<void> {
      return eventually(async () => assert.equal(await readMetric({ url, operatorToken }, 'rollcall_mails_waiting'), 0), {
        timeoutMs: arrivalMsMax,
      });
    }

    it('responds while the mail server is down, restarts, and delivers each invitation exactly once', async () => {
      await smtp.goDown();
      const emails = [await invite(), await invite(), await invite()];
      await server.kill('SIGTERM');
      await start();
      emails.push(await invite());
      // Attempts are probably under way.
      await server.kill('SIGKILL');
      await start();
      emails.push(await invite());
      await smtp.comeBack();
      await eventually(
        () =>
          assert.deepEqual(
            emails.map((email) => idsTo(email).length),
            [1, 1, 1, 1, 1],
          ),
        { timeoutMs: arrivalMsMax },
      );
      await allSent();
      assert.deepEqual(
        emails.map((email) => idsTo(email).length),
        [1, 1, 1, 1, 1],
      );
    });

    it('sends mails again, with the same Message-ID, if the process crashed before they were acknowledged or recorded', async () => {
      await server.kill('SIGTERM');
      await start({ ROLLCALL_FAILPOINT: 'after-mail-sent:1' });
      smtp.beforeAnswer = () => server.exit;
      const unacknowledged = await invite();
      await eventually(() => assert.equal(idsTo(unacknowledged).length, 1));
      smtp.beforeAnswer = null;
      // The response may still arrive, or be lost by the crash.
      const unrecorded = anAddress();
      await requestInvite(unrecorded).catch(() => {});
      assert.equal((await server.exit).signal, 'SIGKILL');
      assert.equal(idsTo(unrecorded).length, 1);

      await start();
      const other = await invite();
      for (const email of [unacknowledged, unrecorded]) {
        await eventually(() => assert.equal(idsTo(email).length, 2), { timeoutMs: arrivalMsMax });
      }
      await allSent();
      for (const email of [unacknowledged, unrecorded]) {
        const [first, second, ...more] = idsTo(email);
        assert.deepEqual([second, more], [first, []]);
      }
      assert.equal(idsTo(other).length, 1);
    });
  });
}
