import type { OrgRoleId, Scope } from '@rollcall/protocol';

/**
 * The content of the sample organization: every role, open and closed teams, and a pending invite.
 */

export const sampleSlug = 'sample';
export const sampleName = 'Sample Organization';

/** All scopes of the owner's role. */
export const sampleScopes: readonly Scope[] = ['org:admin', 'member:admin', 'team:admin', 'project:admin'];

export interface SamplePerson {
  readonly email: string;
  readonly name: string;
  readonly orgRole: OrgRoleId;
  readonly teams: readonly string[];
}

export const sampleTeams = ['web', 'mobile', 'operations'] as const;

export const sampleOwner: SamplePerson = { email: 'owner-1@example.com', name: 'Owner One', orgRole: 'owner', teams: sampleTeams };

/** The command that the banner prints changes the role of the first person. */
export const samplePeople: readonly SamplePerson[] = [
  person('member', 1, 'One', ['web']),
  person('member', 2, 'Two', ['web', 'mobile']),
  person('member', 3, 'Three', ['mobile']),
  person('member', 4, 'Four', ['mobile']),
  person('member', 5, 'Five', ['operations']),
  person('member', 6, 'Six', []),
  person('admin', 1, 'One', ['web']),
  person('admin', 2, 'Two', ['mobile']),
  person('manager', 1, 'One', ['operations']),
  person('manager', 2, 'Two', []),
  person('owner', 2, 'Two', ['operations']),
];

function person(orgRole: OrgRoleId, number: number, word: string, teams: readonly string[]): SamplePerson {
  const title = `${orgRole[0]!.toUpperCase()}${orgRole.slice(1)}`;
  return { email: `${orgRole}-${number}@example.com`, name: `${title} ${word}`, orgRole, teams };
}

export const sampleProjects: readonly { readonly name: string; readonly platform: string; readonly team: string }[] = [
  { name: 'storefront', platform: 'javascript-react', team: 'web' },
  { name: 'checkout', platform: 'node-express', team: 'web' },
  { name: 'phone-app', platform: 'react-native', team: 'mobile' },
  { name: 'deployments', platform: 'python', team: 'operations' },
];

export const sampleInvite = { email: 'invited-1@example.com', orgRole: 'member', team: 'web' } as const;
