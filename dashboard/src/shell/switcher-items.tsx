import type { ListedOrganization } from '@rollcall/client';
import { LayoutGrid, Plus } from 'lucide-react';
import { useLocation } from 'wouter';
import { MenuCheck, MenuItem, MenuSeparator } from '../kit/menu-items.tsx';
import { blockedTexts } from './blocked-texts.ts';
import { OrganizationStatus } from './organization-status.tsx';

interface SwitcherItemsProps {
  readonly organizations: readonly ListedOrganization[];
  readonly slug: string;
  /** Null if the user cannot create an organization. */
  readonly onCreate: (() => void) | null;
}

export default function SwitcherItems({ organizations, slug, onCreate }: SwitcherItemsProps) {
  const [, navigate] = useLocation();
  return (
    <>
      {organizations.map((one) => (
        <MenuCheck key={one.id} isChecked={one.slug === slug} onChange={() => navigate(`/organizations/${one.slug}/`)}>
          {one.name} <OrganizationStatus status={one.status} />
          {one.blocked && <small>{blockedTexts(one.blocked).badge}</small>}
        </MenuCheck>
      ))}
      <MenuSeparator />
      <MenuItem icon={LayoutGrid} onChoose={() => navigate('/')}>
        All organizations
      </MenuItem>
      {onCreate && (
        <MenuItem icon={Plus} onChoose={onCreate}>
          Create organization
        </MenuItem>
      )}
    </>
  );
}
