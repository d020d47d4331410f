import { ChevronsUpDown, LayoutGrid, Plus } from 'lucide-react';
import { lazy, useState } from 'react';
import { useLocation } from 'wouter';
import { Avatar } from '../kit/badge.tsx';
import { Menu, MenuCheck, MenuItem, MenuSeparator } from '../kit/menu.tsx';
import { loadOnce, OnDemand } from '../kit/on-demand.tsx';
import { useOrgState } from '../live/organization.tsx';
import { useOrganizations } from '../session/organizations.ts';
import { useSession } from '../session/session.tsx';
import { imageOf } from './organization-image.ts';
import { OrganizationStatus } from './organization-status.tsx';

const CreateOrganizationDialog = lazy(loadOnce(() => import('./create-organization-dialog.tsx')));

/**
 * The current organization, and a menu of the others. Without a menu if the user has no other
 * organization and cannot create one.
 */
export function OrganizationSwitcher({ slug }: { readonly slug: string }) {
  const organization = useOrgState((state) => state.organization);
  const organizations = useOrganizations();
  const { creation } = useSession();
  const [, navigate] = useLocation();
  const [isCreating, setCreating] = useState(false);
  const name = organization?.name ?? slug;
  const face = (
    <>
      <Avatar name={name} id={organization?.id ?? slug} isSquare src={organization && imageOf(organization)} />
      <strong>{name}</strong>
    </>
  );
  if (!organizations || (organizations.length < 2 && !creation.isAllowed)) return <div className="switcher">{face}</div>;
  return (
    <>
      <Menu
        label="Organizations"
        align="start"
        trigger={
          <button type="button" className="switcher">
            <span className="visually-hidden">Organization:</span>
            {face}
            <span className="visually-hidden">. Switch to another</span>
            <ChevronsUpDown size={15} aria-hidden />
          </button>
        }
      >
        {() => (
          <>
            {organizations.map((one) => (
              <MenuCheck key={one.id} isChecked={one.slug === slug} onChange={() => navigate(`/organizations/${one.slug}/`)}>
                {one.name} <OrganizationStatus status={one.status} />
                {one.blocked && <small>Blocked: no 2FA</small>}
              </MenuCheck>
            ))}
            <MenuSeparator />
            <MenuItem icon={LayoutGrid} onChoose={() => navigate('/')}>
              All organizations
            </MenuItem>
            {creation.isAllowed && (
              <MenuItem icon={Plus} onChoose={() => setCreating(true)}>
                Create organization
              </MenuItem>
            )}
          </>
        )}
      </Menu>
      {isCreating && (
        <OnDemand fallback={null} onFailed={() => setCreating(false)}>
          <CreateOrganizationDialog onClose={() => setCreating(false)} />
        </OnDemand>
      )}
    </>
  );
}
