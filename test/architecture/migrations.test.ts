import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { migrations } from '@rollcall/migrations';
import { listFiles, readSource } from '../support/source-files.ts';

/**
 * Every migration of the main branch in order, with the first 16 hexadecimal digits of its file's
 * SHA-256. Databases have run them, so this list only grows at its end.
 */
const frozen: readonly (readonly [name: string, sha256: string])[] = [
  ['0001-organizations-and-their-log', '4194786efbcc1cca'],
  ['0002-sessions-and-addresses', '330cc6b5ac1628c1'],
  ['0003-mail', 'f3cd60e6f96ba783'],
  ['0004-audit-log', 'fd7099e14d5199e9'],
  ['0005-project-keys', '1c7c15ca0a90fe52'],
  ['0009-tokens-in-mails', '3fa87fb13067628d'],
  ['0010-records-in-pages', 'e5abe34ef4c23e81'],
  ['0011-organizations-are-removed', '72a60778b0ead13c'],
  ['0012-project-settings-and-avatars', '7e9f98b2cc81e67e'],
  ['0013-access-requests-in-pages', '1bfa507496dd84ae'],
  ['0014-detached-users', 'a1f771e6ba0ede21'],
  ['0015-server-values', '6bee1b54c67cc67f'],
  ['0016-new-addresses', 'b245ef9d6af6f537'],
  ['0017-mail-digests', 'c93715759976336d'],
  ['0018-org-secrets', '75a5531ab9628246'],
  ['0019-access', '182563cf9932a6b2'],
  ['0020-instances', 'e3fe4d0cc68a37e0'],
  ['0021-expiring-addresses', 'dc64ebae56bd52b8'],
  ['0022-single-sign-on', '143582120ebad6e7'],
  ['0023-scim', 'f331d6f72d251837'],
  ['0024-domain-challenges', '918b9d76375a7e0b'],
  ['0025-sso-removed-users', '4930370dd79ed854'],
  ['0026-certificates', '6c0dc7705e633e20'],
  ['0027-outlets', 'cb737cdc088a4c25'],
  ['0028-retentions', 'fa28219f7dbba3b7'],
  ['0029-retention-runs', 'b261308efaec9a12'],
  ['0030-exports', '00f8c5087780c9f0'],
  ['0031-removed-members', '898e4c688e0d6029'],
  ['0032-provider-revocations', 'ddca9f54e71c72af'],
  ['0033-directory-readings', '15d12da65bdeb24f'],
  ['0034-secret-claims', 'ff62c615bb2f7edb'],
  ['0039-secrets-outlive-organizations', '9f0fc277f334927e'],
  ['0040-external-ids', 'cec07657652b239a'],
  ['0041-service-tokens', 'b78319f71f20f779'],
  ['0042-removed-members-of-any-version', 'd615556c1fb73d0a'],
  ['0045-export-leases', 'a5e8776f6ebcbd00'],
  ['0046-find-old-rows-and-removed-invites', 'b3657d507f25e2c8'],
  ['0047-external-id-records', 'd1ac03332834020f'],
  ['0049-log-transactions', '9033954a422a1f1a'],
  ['0050-revocation-calls', '663e21c558f70ca1'],
  ['0051-moved-heads-by-transaction', '2e46503c0585dbaf'],
  ['0052-addresses-of-removed-users', '9fa8927e26620f2f'],
  ['0053-active-connections', 'd8cb624bcdb834bb'],
  ['0054-organizations-of-child-rows', 'b1f22c4b63451dc6'],
  ['0055-fill-organizations-of-child-rows', 'e6afbebb728768d1'],
  ['0056-require-organizations-of-child-rows', 'f138f937feaa15b8'],
  ['0057-jobs', 'ea240179290ac4a5'],
  ['0058-refreshes-are-jobs', '00223242813626ee'],
  ['0059-erased-users', '33a40269d27e7e35'],
  ['0060-erasures', 'b00c681dd705f7fe'],
  ['0061-organization-removals', '06f56d3c0578462a'],
  ['0062-installation-seal', '3739cfe8f674c6ab'],
  ['0063-erased-names', '7daa416d16151175'],
  ['0064-search-path-of-functions', '2d0e9ecfa7c11df7'],
  ['0065-mail-leases', 'ae65dbcb0ade5270'],
  ['0066-operator-tokens', '03f66170c3fbfb87'],
  ['0067-security-events', '1ff40578a661f9ef'],
  ['0068-keys-of-instances', 'df6929b869f67361'],
  ['0069-strength-of-logins', 'abb15f1b93ec8881'],
  ['0070-passkeys', 'a76272a3dbc885e4'],
  ['0071-session-tokens', '3659de08a0d844b8'],
];

const nameOf = (file: string) => file.replace(/^.*\//, '').replace(/\.ts$/, '');
const files = listFiles('migrations/src', '.ts').filter((file) => /^\d/.test(nameOf(file)));
const hashOf = (file: string) => createHash('sha256').update(readSource(file)).digest('hex').slice(0, 16);

describe('the migrations', () => {
  it('[H-31] match the frozen list, in its order, and none sorts before an earlier one', () => {
    const names = frozen.map(([name]) => name);
    assert.deepEqual(names, names.toSorted(), 'the list is not in the order of the numbers: number a new migration after the last one');
    assert.equal(new Set(names.map((name) => name.slice(0, 4))).size, names.length, 'two migrations have the same number');
    const missing = files.filter((file) => !names.includes(nameOf(file)));
    const lines = missing.map((file) => `  ['${nameOf(file)}', '${hashOf(file)}'],`);
    assert.deepEqual(missing, [], `add to the end of the frozen list in this file:\n${lines.join('\n')}\n`);
    assert.deepEqual(files.map(nameOf), names, 'a migration that databases have run is missing');
    assert.deepEqual(Object.keys(migrations), names, 'migrations/src/index.ts lists other migrations, or another order');
  });

  it('[H-31] stay unedited once they are on the main branch', () => {
    const known = new Map(frozen);
    const edited = files.filter((file) => known.has(nameOf(file)) && known.get(nameOf(file)) !== hashOf(file));
    assert.deepEqual(edited, [], 'databases that ran the earlier version would differ: write a new migration instead');
  });
});
