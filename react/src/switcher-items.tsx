import type { ListedOrganization } from '@rollcall/client';
import type { ReactNode } from 'react';
import { blockedTexts } from './blocked-texts.ts';
import { OrganizationStatus } from './organization-status.tsx';
import { MenuCheck, MenuSeparator } from './parts/menu-items.tsx';

interface SwitcherItemsProps {
  readonly organizations: readonly ListedOrganization[];
  readonly current: ListedOrganization | undefined;
  readonly children: ReactNode;
  onSelect(organization: ListedOrganization): void;
}

export default function SwitcherItems({ organizations, current, children, onSelect }: SwitcherItemsProps) {
  return (
    <>
      {organizations.map((one) => (
        <MenuCheck key={one.id} isChecked={one === current} onChange={() => onSelect(one)}>
          {one.name} <OrganizationStatus status={one.status} />
          {one.blocked && <small>{blockedTexts(one.blocked).badge}</small>}
        </MenuCheck>
      ))}
      {children && <MenuSeparator />}
      {children}
    </>
  );
}
