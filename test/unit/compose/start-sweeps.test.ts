import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { startSweeps } from '../../../server/src/compose/start-sweeps.ts';
import type { DuePolls } from '../../../server/src/database/due-polls.ts';
import { scimTokensSweep } from '../../../server/src/features/scim/commands/scim-tokens-sweep.ts';
import { certificatesSweep } from '../../../server/src/features/single-sign-on/commands/provider/certificates-sweep.ts';
import type { Sweep } from '../../../server/src/runtime/tasks/sweep.ts';
import { Connections } from '../../../server/src/socket/connections.ts';
import { inviteSweep } from '../../../server/src/write-path/commands/invites/invite-sweep.ts';
import { expiredAddressesSweep } from '../../../server/src/write-path/commands/organizations/expired-addresses-sweep.ts';
import type { WritePath } from '../../../server/src/write-path/run-command.ts';
import { sessionsPerSweepMax } from '../../../server/src/write-path/users/sessions/end-old-sessions.ts';
import { sessionsSweep } from '../../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { scriptedWritePath } from '../../support/scripted-write-path.ts';

type OpenSweep = (path: WritePath) => Pick<Sweep, 'run'>;

const ids = Array.from({ length: 10 }, (_, index) => String(index + 1));
/** Rows with both names that the queries of sweeps give to the column. */
const tenOrganizations = ids.map((id) => ({ organization_id: id, orgId: id }));

const concurrent: Readonly<Record<string, OpenSweep>> = {
  'expired addresses': expiredAddressesSweep,
  'expired SCIM tokens': scimTokensSweep,
};

for (const [name, sweep] of Object.entries(concurrent)) {
  describe(`the sweep of ${name}`, () => {
    it('runs four commands at a time, so that many organizations leave connections for requests', async () => {
      const { path, running } = scriptedWritePath(() => tenOrganizations);
      const swept = sweep(path).run();
      await setImmediate();
      const begun: string[] = [];
      for (let ended = 0; ended < tenOrganizations.length; ended++) {
        assert.equal(running.length, Math.min(4, tenOrganizations.length - ended));
        begun.push(running[0]!.orgId);
        await running[0]!.end();
      }
      await swept;
      assert.deepEqual(begun, ids);
    });

    it('begins no command after the stop, and waits for those in progress', async () => {
      const { path, running } = scriptedWritePath(() => tenOrganizations);
      const stopping = new AbortController();
      const swept = sweep(path).run(stopping.signal);
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
const sequential: Readonly<Record<string, OpenSweep>> = {
  'expired invites': inviteSweep,
  'certificates that expire soon': (path) => certificatesSweep(path, () => new Date(0)),
  'old sessions': (path) => sessionsSweep(path, 14),
};

for (const [name, sweep] of Object.entries(sequential)) {
  describe(`the sweep of ${name}`, () => {
    it('begins no command after the stop', async () => {
      const { path, running, statements } = scriptedWritePath(() => tenOrganizations);
      const stopping = new AbortController();
      const swept = sweep(path).run(stopping.signal);
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
