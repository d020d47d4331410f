import { orgRoles, parseSearchQuery, type TeamRecord, withSearchFilter } from '@rollcall/client';
import { Select } from '../../kit/field.tsx';

interface MemberFiltersProps {
  readonly query: string;
  readonly teams: readonly TeamRecord[];
  onQuery(query: string): void;
}

/** Filters that write the search for one: each shows what the search says, and changes it. */
export function MemberFilters({ query, teams, onQuery }: MemberFiltersProps) {
  const { filters } = parseSearchQuery(query);
  const roleOptions = Object.values(orgRoles).map(({ id, name }) => ({ value: id, label: name }));
  const teamOptions = teams.map(({ slug }) => ({ value: slug, label: `#${slug}` }));
  const filter = (key: string, label: string, all: string, options: readonly { value: string; label: string }[]) => {
    const values = filters.get(key) ?? [];
    const value = values.length === 1 ? values[0]! : '';
    const known = value === '' || options.some((option) => option.value === value);
    return (
      <Select
        key={key}
        label={label}
        value={known ? value : ''}
        options={[{ value: '', label: all }, ...options]}
        onValue={(next) => onQuery(withSearchFilter(query, key, next === '' ? null : next))}
      />
    );
  };
  return (
    <div className="member-filters">
      {filter('role', 'Filter by role', 'Every role', roleOptions)}
      {filter('team', 'Filter by team', 'Every team', teamOptions)}
      {filter('has2fa', 'Filter by second factor', '2FA on or off', [
        { value: 'true', label: '2FA on' },
        { value: 'false', label: '2FA off' },
      ])}
      {filter('isInvited', 'Filter by status', 'Every status', [
        { value: 'false', label: 'Joined' },
        { value: 'true', label: 'Invited' },
      ])}
    </div>
  );
}
