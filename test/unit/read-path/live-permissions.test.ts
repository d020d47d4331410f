import assert from 'node:assert/strict';
import type { PermissionTable } from '../../../protocol/src/index.ts';
import { LivePermissions } from '../../../server/src/read-path/live-permissions.ts';

const tableOf = (version: number): PermissionTable => ({ version, scopes: {} });

describe('the permission table in force, after another history was read', () => {
  let permissions: LivePermissions;
  /** Completes the oldest read of the database. */
  let complete: (table: PermissionTable) => void;
  let waiting: ((table: PermissionTable) => void)[];

  beforeEach(async () => {
    waiting = [];
    complete = (table) => waiting.shift()!(table);
    permissions = new LivePermissions(() => new Promise((resolve) => waiting.push(resolve)));
    const reading = permissions.whenRead();
    complete(tableOf(9));
    await reading;
    permissions.invalidate();
  });

  it('a read that began in the previous history is repeated', async () => {
    const reading = permissions.whenRead();
    permissions.invalidate();
    complete(tableOf(9));
    await new Promise(setImmediate);
    complete(tableOf(3));
    await reading;
    assert.equal(permissions.table.version, 3);
  });

  it('a table from the stream replaces one with a higher version of the previous history', async () => {
    const reading = permissions.whenRead();
    permissions.take(tableOf(4));
    complete(tableOf(3));
    await reading;
    assert.equal(permissions.table.version, 4);
  });
});
