import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { sweepExpiredAddresses } from '../../../server/src/write-path/commands/organizations/expired-addresses-sweep.ts';
import { sweepScimTokens } from '../../../server/src/write-path/commands/scim/scim-tokens-sweep.ts';
import type { WritePath } from '../../../server/src/write-path/run-command.ts';
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
