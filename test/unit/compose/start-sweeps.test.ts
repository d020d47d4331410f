import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { startSweeps } from '../../../server/src/compose/start-sweeps.ts';
import type { DuePolls } from '../../../server/src/database/due-polls.ts';
import { sweepScimTokens } from '../../../server/src/features/scim/commands/scim-tokens-sweep.ts';
import { sweepCertificates } from '../../../server/src/features/single-sign-on/commands/provider/certificates-sweep.ts';
import { Connections } from '../../../server/src/socket/connections.ts';
import { sweepInvites } from '../../../server/src/write-path/commands/invites/invite-sweep.ts';
import { sweepExpiredAddresses } from '../../../server/src/write-path/commands/organizations/expired-addresses-sweep.ts';
import type { WritePath } from '../../../server/src/write-path/run-command.ts';
import { sessionsPerSweepMax } from '../../../server/src/write-path/users/sessions/end-old-sessions.ts';
import { sweepSessions } from '../../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { scriptedWritePath } from '../../support/scripted-write-path.ts';

type Sweep = (path: WritePath, signal: AbortSignal) => Promise<void>;

const tenOrganizations = Array.from({ length: 10 }, (_, index) => ({ organization_id: String(index + 1) }));

const concurrent: Readonly<Record<string, Sweep>> = { 'expired addresses': sweepExpiredAddresses, 'expired SCIM tokens': sweepScimTokens };

for (const [name, sweep] of Object.entries(concurrent)) {
  describe(`the sweep of ${name}`, () => {
    it('runs four commands at a time, so that many organizations leave connections for requests', async () => {
      const { path, running } = scriptedWritePath(() => tenOrganizations);
      const swept = sweep(path, new AbortController().signal);
      await setImmediate();
      const begun: string[] = [];
      for (let ended = 0; ended < tenOrganizations.length; ended++) {
        assert.equal(running.length, Math.min(4, tenOrganizations.length - ended));
        begun.push(running[0]!.orgId);
        await running[0]!.end();
      }
      await swept;
      assert.deepEqual(
        begun,
        tenOrganizations.map(({ organization_id }) => organization_id),
      );
    });

    it('begins no command after the stop, and waits for those in progress', async () => {
      const { path, running } = scriptedWritePath(() => tenOrganizations);
      const stopping = new AbortController();
      const swept = sweep(path, stopping.signal);
      await setImmediate();
      stopping.abort();
      for (const orgId of ['1', '2', '3', '4']) {
        assert.equal(running[0]!.orgId, orgId);
        await running[0]!.end();
      }
      assert.equal(running.length, 0);
      await swept;
    });
  });
}

/** Sweeps that run one command at a time. */
const sequential: Readonly<Record<string, Sweep>> = {
  'expired invites': sweepInvites,
  'certificates that expire soon': (path, signal) => sweepCertificates(path, new Date(0), signal),
  'old sessions': (path, signal) => sweepSessions(path, 14, signal),
};

for (const [name, sweep] of Object.entries(sequential)) {
  describe(`the sweep of ${name}`, () => {
    it('begins no command after the stop', async () => {
      const { path, running, statements } = scriptedWritePath(() => tenOrganizations);
      const stopping = new AbortController();
      const swept = sweep(path, stopping.signal);
      await setImmediate();
      assert.equal(running.length, 1);
      stopping.abort();
      const before = statements.length;
      await running[0]!.respond(sessionsPerSweepMax);
      assert.equal(running.length, 0);
      await swept;
      assert.deepEqual(statements.slice(before), []);
    });
  });
}

describe('the sweeps of a server', () => {
  it('end after the current command when they are aborted', async () => {
    const { path, running } = scriptedWritePath((statement) => (statement.includes('"invite_expires_at"') ? tenOrganizations : []));
    const duePolls = { add: () => ({ async [Symbol.asyncDispose]() {} }) } as unknown as DuePolls;
    const sweeps = startSweeps(path, duePolls, new Connections(), []);
    await setImmediate();
    assert.deepEqual(
      running.map(({ orgId }) => orgId),
      ['1'],
    );
    sweeps.abort();
    await running[0]!.end();
    assert.deepEqual(running, []);
    await sweeps[Symbol.asyncDispose]();
  });
});
