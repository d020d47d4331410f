import { ChevronsUpDown } from 'lucide-react';
import { lazy, useState } from 'react';
import { Avatar } from '../kit/badge.ts';
import { Menu } from '../kit/menu.tsx';
import { loadOnce, OnDemand } from '../kit/on-demand.tsx';
import { useOrgState } from '../live/organization.tsx';
import { useOrganizations } from '../session/organizations.ts';
import { useSession } from '../session/session.tsx';
import { imageOf } from './organization-image.ts';

const loadItems = loadOnce(() => import('./switcher-items.tsx'));
const SwitcherItems = lazy(loadItems);
const CreateOrganizationDialog = lazy(loadOnce(() => import('./create-organization-dialog.tsx')));

/**
 * The current organization, and a menu of the others. Without a menu if the user has no other
 * organization and cannot create one.
 */
export function OrganizationSwitcher({ slug }: { readonly slug: string }) {
  const organization = useOrgState((state) => state.organization);
  const organizations = useOrganizations();
  const { creation } = useSession();
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
        loadFirst={loadItems}
        trigger={
          <button type="button" className="switcher">
            <span className="visually-hidden">Organization:</span>
            {face}
            <span className="visually-hidden">. Switch to another</span>
            <ChevronsUpDown size={15} aria-hidden />
          </button>
        }
      >
        {() => <SwitcherItems organizations={organizations} slug={slug} onCreate={creation.isAllowed ? () => setCreating(true) : null} />}
      </Menu>
      {isCreating && (
        <OnDemand fallback={null} onFailed={() => setCreating(false)}>
          <CreateOrganizationDialog onClose={() => setCreating(false)} />
        </OnDemand>
      )}
    </>
  );
}
