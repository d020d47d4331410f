import assert from 'node:assert/strict';
import { OrgError } from '../../../../../protocol/src/index.ts';
import { parseGroupPatch, parseUserPatch, parseWholeUser } from '../../../../../server/src/features/scim/http/scim-patch.ts';
import { cpuOf, longestTurnOf } from '../../../../support/cpu-time.ts';

const turnMsMax = 20;
const patch = (...Operations: unknown[]) => ({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
const operation = (op: string, path: string | undefined, value?: unknown) => ({ op, ...(path === undefined ? {} : { path }), value });

function assertRefused(parse: () => unknown, scimType?: string): void {
  assert.throws(parse, (error) => {
    assert.ok(error instanceof OrgError);
    assert.equal(error.status, 400);
    if (scimType) assert.equal((error.body as { scimType?: string }).scimType, scimType);
    return true;
  });
}

async function assertRejected(parse: () => Promise<unknown>, scimType?: string): Promise<void> {
  const outcome = await parse().then(
    () => null,
    (error: unknown) => error,
  );
  assertRefused(() => {
    if (outcome !== null) throw outcome;
  }, scimType);
}

describe('a SCIM patch of a user', () => {
  it('[S-45] deactivates in every spelling of identity providers', () => {
    const spellings = [
      patch(operation('replace', 'active', false)),
      patch(operation('Replace', 'active', 'False')),
      patch(operation('replace', 'active', 'false')),
      patch(operation('replace', undefined, { active: false })),
      patch(operation('REPLACE', undefined, { active: 'False' })),
      patch(operation('Add', 'urn:ietf:params:scim:schemas:core:2.0:User:active', 'FALSE')),
      { Operations: [operation('replace', 'Active', false)] },
      { operations: [operation('replace', undefined, { 'urn:ietf:params:scim:schemas:core:2.0:User:active': false, id: '3' })] },
    ];
    for (const body of spellings) assert.deepEqual(parseUserPatch(body), { active: false }, JSON.stringify(body));
    for (const active of [false, 'False', 'false']) assert.equal(parseWholeUser({ active, userName: 'a@b.example' }).active, false);
  });

  it('[12.1] ignores attributes that are not stored', () => {
    const body = patch(
      operation('Add', 'emails[type eq "work"].value', 'a@b.example'),
      operation('Replace', 'name.givenName', 'Ada'),
      operation('Add', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', '7'),
      operation('replace', undefined, { 'name.familyName': 'L', 'urn:ietf:params:scim:schemas:extension:x:2.0:User:active': false }),
      operation('remove', 'title'),
    );
    assert.deepEqual(parseUserPatch(body), {});
  });

  it('[12.1] reads the role and the external id, of which the last value counts', () => {
    const body = patch(
      operation('replace', 'sentryOrgRole', 'Manager'),
      operation('add', 'externalId', 'a'),
      operation('add', 'externalid', 'b'),
    );
    assert.deepEqual(parseUserPatch(body), { role: 'manager', externalId: 'b' });
    assert.deepEqual(parseUserPatch(patch(operation('remove', 'externalId'), operation('remove', 'sentryOrgRole'))), {
      externalId: null,
      role: '',
    });
    assert.deepEqual(parseWholeUser({ userName: 'a@b.example' }), { role: '' });
  });

  it('[12.1] must be a list of operations', () => {
    for (const body of [null, [], 'text', {}, { Operations: {} }, patch('x'), patch({ op: 'move', path: 'active', value: false })])
      assertRefused(() => parseUserPatch(body));
    for (const value of [null, 'maybe', 1, [], {}]) assertRefused(() => parseUserPatch(patch(operation('replace', 'active', value))));
    assertRefused(() => parseUserPatch(patch(operation('replace', undefined, true))));
    assertRefused(() => parseUserPatch(patch(operation('remove', 'active'))));
    assertRefused(() => parseUserPatch(patch(operation('replace', 'externalId', 'x'.repeat(256)))));
    assertRefused(() => parseUserPatch(patch(operation('replace', 'externalId', '\u0000'))));
    assertRefused(() => parseUserPatch(patch(...Array.from({ length: 101 }, () => operation('replace', 'active', true)))));
  });
});

describe('a SCIM path', () => {
  const hostile = [
    '__proto__.x',
    '__proto__',
    'constructor.prototype.x',
    'constructor.prototype',
    'prototype',
    'name.__proto__',
    'name.constructor',
    'members[__proto__ eq "1"]',
    'members[value eq "1"].__proto__.x',
    '',
    ' ',
    'a b',
    'members[',
    'members[value eq 1',
    'members]',
    'x'.repeat(100 * 1024),
    `members[${'('.repeat(900)}`,
    `${'not '.repeat(200)}x`,
  ];

  it('[S-46] cannot name a key of JavaScript, and changes no object', async () => {
    for (const path of hostile) {
      for (const body of [patch(operation('add', path, { polluted: true })), patch(operation('replace', path, 'polluted'))]) {
        assertRefused(() => parseUserPatch(body));
        await assertRejected(() => parseGroupPatch(body));
      }
    }
    assert.equal(({} as { x?: unknown; polluted?: unknown }).x, undefined);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('[S-46] cannot be hidden in a key of a value', async () => {
    for (const key of ['__proto__', '__proto__.x', 'constructor.prototype.x', 'constructor', 'a.b.c.d']) {
      const value = JSON.parse(`{${JSON.stringify(key)}: {"x": true}}`) as unknown;
      assertRefused(() => parseUserPatch(patch(operation('replace', undefined, value))), 'invalidPath');
      await assertRejected(() => parseGroupPatch(patch(operation('replace', undefined, value))), 'invalidPath');
      assertRefused(() => parseWholeUser(value), 'invalidPath');
    }
    assert.equal(({} as { x?: unknown }).x, undefined);
  });
});

describe('a SCIM patch of a group', () => {
  it('[12.2] adds, removes and replaces members in every spelling of identity providers', async () => {
    const add = [{ kind: 'add', memberIds: ['23', '24'] }];
    assert.deepEqual(await parseGroupPatch(patch(operation('Add', 'members', [{ value: '23' }, { value: '24', display: 'x' }]))), add);
    assert.deepEqual(await parseGroupPatch(patch(operation('add', 'members', [{ value: 23 }, '24']))), add);
    assert.deepEqual(await parseGroupPatch(patch(operation('add', 'members', { value: '23' }))), [{ kind: 'add', memberIds: ['23'] }]);
    const remove = [{ kind: 'remove', memberIds: ['23'] }];
    assert.deepEqual(await parseGroupPatch(patch(operation('Remove', 'members[value eq "23"]'))), remove);
    assert.deepEqual(await parseGroupPatch(patch(operation('remove', 'members[value eq 23]'))), remove);
    assert.deepEqual(await parseGroupPatch(patch(operation('Remove', 'members', [{ value: '23' }]))), remove);
    assert.deepEqual(await parseGroupPatch(patch(operation('replace', 'members', []))), [{ kind: 'replace', memberIds: [] }]);
  });

  it('[12.2] renames, with and without a path', async () => {
    const renamed = [{ kind: 'rename', name: 'Ops' }];
    assert.deepEqual(await parseGroupPatch(patch(operation('replace', 'displayName', 'Ops'))), renamed);
    assert.deepEqual(await parseGroupPatch(patch(operation('Replace', undefined, { id: '7', displayName: 'Ops' }))), renamed);
    assert.deepEqual(await parseGroupPatch(patch(operation('replace', 'externalId', 'e'))), [{ kind: 'external-id', externalId: 'e' }]);
  });

  it('[12.2] fails with the texts of Sentry', async () => {
    const other = 'Invalid Replace attr. Only displayName and members supported.';
    await assert.rejects(() => parseGroupPatch(patch(operation('replace', 'description', 'x'))), { message: other });
    await assert.rejects(() => parseGroupPatch(patch(operation('replace', undefined, { id: '7' }))), { message: other });
    const many = Array.from({ length: 10_001 }, () => operation('replace', 'displayName', 'x'));
    await assert.rejects(() => parseGroupPatch(patch(...many)), { message: 'Too many patch ops sent, limit is 10000.' });
    await assertRejected(() => parseGroupPatch({ Operations: [] }));
    await assertRejected(() => parseGroupPatch(patch(operation('add', undefined, { members: [{ value: '23' }] }))));
    await assertRejected(() => parseGroupPatch(patch(operation('remove', 'members'))));
    await assertRejected(() => parseGroupPatch(patch(operation('remove', 'members[display eq "x"]', [{ value: '23' }]))));
    await assertRejected(() => parseGroupPatch(patch(operation('remove', 'displayName'))));
    await assertRejected(() => parseGroupPatch(patch(operation('replace', 'displayName', ''))));
    await assertRejected(() => parseGroupPatch(patch(operation('add', 'members', [{ value: null }]))));
  });

  it('[S-46] cannot name 10,000 members, also across operations', async () => {
    const members = Array.from({ length: 10_000 }, (_, index) => ({ value: String(index + 1) }));
    await assertRejected(() => parseGroupPatch(patch(operation('add', 'members', members))), 'tooMany');
    const parts = Array.from({ length: 10 }, (_, index) => operation('add', 'members', members.slice(index * 150, index * 150 + 150)));
    await assertRejected(() => parseGroupPatch(patch(...parts)), 'tooMany');
    assert.equal((await parseGroupPatch(patch(...parts.slice(0, 6)))).length, 6);
  });

  it('[12.2] takes at most 20 ms of CPU in a tick, and at most 1 ms per KB', async () => {
    // The whole name of the attribute takes longest: several ticks, also when the code is warm.
    const members = 'urn:ietf:params:scim:schemas:core:2.0:Group:members';
    const operations = Array.from({ length: 10_000 }, (_, index) => operation('remove', `${members}[value eq "${index + 1}"]`));
    const body = patch(...operations);
    const kilobytes = JSON.stringify(body).length / 1_024;
    const turnMs = await longestTurnOf(() => parseGroupPatch(body), turnMsMax);
    assert.ok(turnMs <= turnMsMax, `${turnMs} ms in a tick`);
    const ms = await cpuOf(() => parseGroupPatch(body), kilobytes);
    assert.ok(ms <= kilobytes, `${ms} ms for ${kilobytes} KB`);
  });

  it('[12.2] has up to 10,000 operations, of which each may name a member', async () => {
    const add = Array.from({ length: 10_000 }, (_, index) => operation('add', 'members', [{ value: String(index + 1) }]));
    const remove = Array.from({ length: 10_000 }, (_, index) => operation('remove', `members[value eq "${index + 1}"]`));
    for (const [operations, kind] of [
      [add, 'add'],
      [remove, 'remove'],
    ] as const) {
      const steps = await parseGroupPatch(patch(...operations));
      assert.deepEqual([steps.length, steps.at(-1)], [10_000, { kind, memberIds: ['10000'] }]);
    }
    await assertRejected(
      () => parseGroupPatch(patch(...add.slice(1), operation('add', 'members', [{ value: '1' }, { value: '2' }]))),
      'tooMany',
    );
  });
});
