import type { Column } from '@rollcall/react/parts';
import { useEffect, useRef } from 'react';
import type { MemberViewer } from './member-permissions.ts';
import { mayActOnMany } from './member-permissions.ts';

interface Selection {
  readonly count: number;
  readonly of: number;
  onChange(isSelected: boolean): void;
}

/**
 * The columns for a viewer: checkboxes only if they can use them, and 2FA only if they manage
 * members.
 */
export function columnsFor(viewer: MemberViewer, selection: Selection): readonly Column[] {
  return [
    ...(mayActOnMany(viewer) ? [{ key: 'select', header: <SelectAll {...selection} /> }] : []),
    { key: 'name', header: 'Member', isSortable: true },
    { key: 'role', header: 'Role', isSortable: true },
    { key: 'teams', header: 'Teams', isSortable: true },
    ...(viewer.canAdminMembers ? [{ key: '2fa', header: '2FA' }] : []),
    { key: 'joined', header: 'Joined', isSortable: true },
    { key: 'menu', header: null, label: 'Actions' },
  ];
}

const widths: Readonly<Record<string, string>> = {
  select: 'var(--checkbox-size)',
  name: 'minmax(200px, 2.2fr)',
  role: '132px',
  teams: 'minmax(150px, 2fr)',
  '2fa': '64px',
  joined: '104px',
  menu: '34px',
};

export function templateOf(columns: readonly Column[]): string {
  return columns.map(({ key }) => widths[key]).join(' ');
}

function SelectAll({ count, of, onChange }: Selection) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    box.current!.indeterminate = count > 0 && count < of;
  }, [count, of]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label="Select all"
      checked={count > 0 && count >= of}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}
