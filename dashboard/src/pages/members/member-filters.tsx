import { orgRoles, type TeamRecord, withSearchFilter } from '@rollcall/client';
import { Combobox, normalizeMemberQuery, parseMemberQuery } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { Select } from '../../kit/field.ts';
import type { MemberViewer } from './member-permissions.ts';

interface MemberFiltersProps {
  readonly query: string;
  readonly teams: readonly TeamRecord[];
  readonly viewer: MemberViewer;
  onQuery(query: string): void;
}

const roleOptions = [{ value: '', label: 'All roles' }, ...Object.values(orgRoles).map(({ id, name }) => ({ value: id, label: name }))];

const statusOptions = [
  { value: '', label: 'Any status' },
  { value: 'joined', label: 'Joined' },
  { value: 'invited', label: 'Invited' },
  { value: 'expired', label: 'Invitation expired' },
];
const adminStatusOptions = [...statusOptions, { value: 'blocked', label: 'Blocked: no 2FA' }];

const secondFactorOptions = [
  { value: '', label: 'Any 2FA status' },
  { value: 'true', label: '2FA on' },
  { value: 'false', label: '2FA off' },
];

/** Filters that show and edit the matching parts of the search text. */
export function MemberFilters({ query, teams, viewer, onQuery }: MemberFiltersProps) {
  const { filters } = parseMemberQuery(query);
  const teamOptions = useMemo(
    () => [
      { value: '', label: 'All teams' },
      ...teams.map(({ slug, name }) => ({ value: slug, label: `#${slug}`, detail: detailOf(slug, name) })),
    ],
    [teams],
  );
  const filter = (key: string, options: readonly { readonly value: string }[]) => {
    const values = filters.get(key) ?? [];
    const value = values.length === 1 ? values[0]!.toLowerCase().replace(/^#/, '') : '';
    return {
      value: options.some((option) => option.value === value) ? value : '',
      onValue: (next: string) => onQuery(withSearchFilter(normalizeMemberQuery(query), key, next === '' ? null : next)),
    };
  };
  const statuses = viewer.canAdminMembers ? adminStatusOptions : statusOptions;
  return (
    <div className="member-filters">
      <Select label="Filter by role" options={roleOptions} {...filter('role', roleOptions)} />
      <Combobox label="Filter by team" options={teamOptions} {...filter('team', teamOptions)} />
      {viewer.canAdminMembers && (
        <Select label="Filter by 2FA status" options={secondFactorOptions} {...filter('has2fa', secondFactorOptions)} />
      )}
      <Select label="Filter by status" options={statuses} {...filter('status', statuses)} />
    </div>
  );
}

function detailOf(slug: string, name: string): string | undefined {
  return name === slug ? undefined : name;
}
