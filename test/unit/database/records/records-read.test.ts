import assert from 'node:assert/strict';
import {
  canonicalJson,
  defaultOrgFlags,
  defaultOrgSettings,
  defaultOrgSso,
  newMemberFlags,
  type OrganizationRecord,
  organizationRecordSchema,
} from '../../../../protocol/src/index.ts';
import { columnTypes } from '../../../../server/src/database/column-types.ts';
import { projectKeyFromRow } from '../../../../server/src/database/projects/project-keys.ts';
import {
  type MemberRow,
  memberFromRow,
  organizationFromRow,
  projectFromRow,
  teamFromRow,
  teamMemberFromRow,
} from '../../../../server/src/database/records/records-read.ts';

const rowWith = (flags: Record<string, boolean>) => ({ id: '1', role: 'member', flags, invite_status: 'approved' }) as unknown as MemberRow;

describe('members that are read', () => {
  it('share one object if none of their flags is set, because it takes a sixth of their memory', () => {
    const [one, another] = [memberFromRow(rowWith({ ...newMemberFlags })), memberFromRow(rowWith({ ...newMemberFlags }))];
    assert.deepEqual(one!.flags, newMemberFlags);
    assert.equal(one!.flags, another!.flags);
  });

  it('have the flags of their row if one is set, or if a newer version added one', () => {
    for (const flags of [
      { ...newMemberFlags, 'sso:linked': true },
      { ...newMemberFlags, 'of a newer version': false },
    ]) {
      assert.deepEqual(memberFromRow(rowWith(flags)).flags, flags);
    }
  });
});

describe('records that are read', () => {
  const orgRow = {
    id: '1',
    slug: 'acme',
    name: 'Acme',
    status: 'active',
    default_role: 'member',
    avatar_type: 'letter_avatar',
    avatar_uuid: null,
    flags: { require2FA: true } as OrganizationRecord,
    settings: { storeCrashReports: 3 } as OrganizationRecord,
    date_created: '2026-03-01T09:30:00.000000Z',
  };
  const user = { id: '7', name: 'Zoë', email: 'zoe@example.com', has2fa: false, isActive: true, username: 'zoe@example.com' };
  const memberRow = { ...rowWith({ ...newMemberFlags }), user_copy: user, is_recovery_owner: true };
  const detachedRow = { ...rowWith({ ...newMemberFlags }), user_copy: null, detached_user: { id: '7', name: 'Zoë' } };

  it('have their keys in the order of canonical JSON, if their kind is numerous or their fields are many', () => {
    const records = [
      organizationFromRow(orgRow),
      memberFromRow(memberRow),
      memberFromRow(detachedRow),
      // PostgreSQL sorts the keys of JSON by their length.
      memberFromRow(rowWith({ 'sso:linked': false, 'sso:invalid': false, 'idp:provisioned': true, 'idp:role-restricted': false })),
      projectKeyFromRow({
        public_key: 'a',
        project_id: '1',
        name: 'Default',
        is_active: true,
        rate_limit: null,
        browser_sdk_version: '9.x',
        loader_options: { hasDebug: false, hasReplay: true, hasPerformance: true },
        date_created: '',
      }),
      teamFromRow({ id: '1', slug: 'web', name: 'Web', flags: { 'idp:provisioned': false }, date_created: '' }),
      teamMemberFromRow({ team_id: '1', member_id: '2', team_role: null }),
      projectFromRow({ id: '1', slug: 'web', name: 'Web', platform: null, date_created: '' }),
    ];
    for (const record of records) assert.equal(JSON.stringify(record), canonicalJson(record));
  });

  it('have the fields of a row that this version does not know', () => {
    const member = memberFromRow({ ...memberRow, user_copy: { ...user, ofNewerVersion: 1 } });
    assert.deepEqual(member.user, { ...user, ofNewerVersion: 1 });
    const flags = { ...orgRow.flags, ofNewerVersion: 1 };
    assert.deepEqual(organizationFromRow({ ...orgRow, flags }), { ...organizationFromRow(orgRow), ofNewerVersion: 1 });
  });

  it('have the defaults of the fields that the row of an organization lacks', () => {
    const { require2FA, storeCrashReports, ...rest } = organizationFromRow(orgRow);
    assert.deepEqual([require2FA, storeCrashReports], [true, 3]);
    const { require2FA: _, ...flags } = defaultOrgFlags;
    const { storeCrashReports: __, ...settings } = defaultOrgSettings;
    const columns = {
      id: '1',
      slug: 'acme',
      name: 'Acme',
      status: 'active',
      dateCreated: orgRow.date_created,
      defaultRole: 'member',
      avatarType: 'letter_avatar',
      avatarUuid: null,
    };
    assert.deepEqual(rest, { ...columns, ...flags, ...settings, ...defaultOrgSso });
    assert.doesNotThrow(() => organizationRecordSchema.parse(organizationFromRow(orgRow)));
  });
});

describe('timestamps that are read', () => {
  it('have six digits and are in UTC', () => {
    const parse = columnTypes.getTypeParser(1184, 'text') as (text: string) => string;
    const cases = {
      '2020-09-14 17:28:14.933511+00': '2020-09-14T17:28:14.933511Z',
      '2020-09-14 17:28:14.9335+00': '2020-09-14T17:28:14.933500Z',
      '2020-09-14 17:28:14+00': '2020-09-14T17:28:14.000000Z',
      '2020-09-14 19:28:14.933511+02': '2020-09-14T17:28:14.933511Z',
      '2020-09-14 23:13:14.933511+05:45': '2020-09-14T17:28:14.933511Z',
    };
    for (const [text, iso] of Object.entries(cases)) assert.equal(parse(text), iso);
    assert.throws(() => parse('infinity'), /Unknown format/);
  });
});
