import assert from 'node:assert/strict';
import { parseConfig } from '../../../server/src/config.ts';
import { writePermissionsFile } from '../../support/permissions.ts';
import { readSource } from '../../support/source-files.ts';

const read = (content: unknown) => parseConfig({ SECRET: 's'.repeat(32), PERMISSIONS_FILE: writePermissionsFile(content) }).permissions;

describe('PERMISSIONS_FILE', () => {
  it('gives the roles of each scope, in the order of the roles and without duplicates', () => {
    const scopes = { 'invoice:approve': { orgRoles: ['owner', 'manager', 'owner'], teamRoles: ['admin'] }, 'bill_v2.x:read-all': {} };
    assert.deepEqual(JSON.parse(JSON.stringify(read({ version: 3, scopes }))), {
      version: 3,
      scopes: {
        'bill_v2.x:read-all': { orgRoles: [], teamRoles: [] },
        'invoice:approve': { orgRoles: ['manager', 'owner'], teamRoles: ['admin'] },
      },
    });
    assert.deepEqual(Object.keys(read({ version: 1, scopes })!.scopes), ['bill_v2.x:read-all', 'invoice:approve']);
  });

  it('can have the content of the example', () => {
    const { scopes } = read(readSource('examples/permissions/permissions.json'))!;
    assert.deepEqual(Object.keys(scopes), ['invoice:approve', 'invoice:read']);
  });

  it('can be absent', () => {
    assert.equal(parseConfig({ SECRET: 's'.repeat(32) }).permissions, null);
    assert.equal(parseConfig({ SECRET: 's'.repeat(32), PERMISSIONS_FILE: ' ' }).permissions, null);
  });

  const withScope = (name: string, roles: unknown = {}) => ({ version: 1, scopes: { [name]: roles } });
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`invoice:action-${n}`, {}]));
  const refusals: readonly [content: unknown, message: RegExp][] = [
    ['{', /is not valid JSON: /],
    [[], /must contain an object$/],
    ['x'.repeat(65_537), /must have at most 65536 bytes$/],
    [{ version: 0, scopes: {} }, /\["version"\] must be a whole number from 1$/],
    [{ scopes: {} }, /\["version"\] must be a whole number from 1$/],
    [{ version: 1 }, /\["scopes"\] must be an object with a key for each scope$/],
    [{ version: 1, scopes: {}, roles: {} }, /has the unknown key "roles"$/],
    [{ version: 1, scopes: many }, /\["scopes"\] must have at most 100 scopes$/],
    [
      withScope('invoice:approve', { orgRoles: ['boss'] }),
      /\["scopes"\]\["invoice:approve"\]\["orgRoles"\]\[0\] must be one of member, admin/,
    ],
    [withScope('invoice:approve', { teamRoles: 'admin' }), /\["scopes"\]\["invoice:approve"\]\["teamRoles"\] must be a list of roles$/],
    [withScope('invoice:approve', { orgRole: [] }), /\["scopes"\]\["invoice:approve"\] has the unknown key "orgRole"$/],
    ...['invoice', 'Invoice:approve', 'invoice:', 'org:fly', 'project:approve', 'openid:x', `a:${'b'.repeat(33)}`, 'a:b:c'].map(
      (name): [unknown, RegExp] => [withScope(name), new RegExp(`\\["scopes"\\]\\["${name}"\\] is not the name of a scope`)],
    ),
  ];
  for (const [content, message] of refusals) {
    it(`[H-35] causes a one-line error that names the file and the key: ${JSON.stringify(content).slice(0, 90)}`, () => {
      assert.throws(
        () => read(content),
        (error: Error) => {
          assert.match(error.message, /^PERMISSIONS_FILE \/\S+permissions\.json /);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );
    });
  }

  it('[H-35] causes a one-line error if it cannot be read', () => {
    assert.throws(
      () => parseConfig({ SECRET: 's'.repeat(32), PERMISSIONS_FILE: '/nowhere/permissions.json' }),
      /^ConfigError: PERMISSIONS_FILE \/nowhere\/permissions\.json cannot be read: ENOENT/,
    );
  });
});
