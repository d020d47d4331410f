import {
  type ChangeEvent,
  type CommandResult,
  connect,
  type ListPage,
  type LocalDecision,
  type MemberRecord,
  type OrganizationHandle,
  type RestMember,
  type RestTeam,
  type Selection,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/client';
import { expectTypeOf } from 'expect-type';

// Checked by the compiler: the function is never called.
function typesOfTheClient(org: OrganizationHandle): void {
  expectTypeOf(connect({ url: 'https://rollcall.example.com', token: async () => 'secret' }).organization('acme')).toEqualTypeOf(org);

  org.on('member.roleChanged', ({ before, after }) => {
    expectTypeOf(before).toEqualTypeOf<MemberRecord>();
    expectTypeOf(after).toEqualTypeOf<MemberRecord>();
  });
  org.on('team.memberLeft', ({ before, after }) => {
    expectTypeOf(before).toEqualTypeOf<TeamMemberRecord>();
    expectTypeOf(after).toEqualTypeOf<null>();
  });
  org.on('setting.changed', (event) => {
    if (event.setting === 'sensitiveFields') expectTypeOf(event.after).toEqualTypeOf<string[]>();
  });
  org.on('change', ({ events }) => expectTypeOf(events).toEqualTypeOf<readonly ChangeEvent[]>());
  // @ts-expect-error there is no such event
  org.on('member.exploded', () => {});

  expectTypeOf(org.select((state) => state.teams)).toEqualTypeOf<Selection<readonly TeamRecord[]>>();
  expectTypeOf(org.can({ email: 'a@b.c' }, ['team:admin', 'org:write'], { team: 'red' })).toEqualTypeOf<LocalDecision>();
  expectTypeOf(org.can({ userId: '1' }, 'invoice:approve')).toEqualTypeOf<LocalDecision>();
  // @ts-expect-error a misspelled scope
  org.can({ userId: '1' }, 'project:wirte');
  // @ts-expect-error a product scope that product-scopes.ts does not declare
  org.can({ userId: '1' }, ['project:write', 'invoice:pay']);
  // @ts-expect-error the state is read-only
  org.state.teams.push();

  expectTypeOf(org.read.members({ query: 'role:owner' })).resolves.toEqualTypeOf<ListPage<RestMember>>();
  expectTypeOf(org.createToken({ name: 'ci' })).resolves.toExtend<CommandResult<{ readonly token: string }>>();
  // @ts-expect-error an invite has an address
  void org.inviteMember({});
  // @ts-expect-error there is no such filter
  void org.read.auditLog({ who: '7' });

  expectTypeOf(org.createTeam({ slug: 'red' })).resolves.toEqualTypeOf<CommandResult<RestTeam>>();
  // @ts-expect-error there is no such role
  void org.changeMemberRole('3', 'king');
}

describe('types of the client', () => {
  it('match the declarations of this file, which the compiler checks', () => {
    void typesOfTheClient;
  });
});
