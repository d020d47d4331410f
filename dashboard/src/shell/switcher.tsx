import { useOrganizations } from '@rollcall/client/react';
import { OrganizationSwitcher } from '@rollcall/react';
import { loadable, OnDemand } from '@rollcall/react/parts';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { useOrgState } from '../live/organization.tsx';
import { useSession } from '../session/session.tsx';
import { imageOf } from './organization-image.ts';

const SwitcherMore = loadable(() => import('./switcher-more.tsx'));
const CreateOrganizationDialog = loadable(() => import('./create-organization-dialog.tsx'));

/** The menu of organizations. Without one if there is only one, and the user cannot create one. */
export function Switcher({ slug }: { readonly slug: string }) {
  const organization = useOrgState((state) => state.organization);
  const hasOthers = useOrganizations().length > 1;
  const { creation } = useSession();
  const [, navigate] = useLocation();
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <OrganizationSwitcher
        current={slug}
        image={organization && imageOf(organization)}
        onSelect={(chosen) => navigate(`/organizations/${chosen.slug}/`)}
      >
        {(hasOthers || creation.isAllowed) && <SwitcherMore onCreate={creation.isAllowed ? () => setCreating(true) : null} />}
      </OrganizationSwitcher>
      {isCreating && (
        <OnDemand fallback={null} onFailed={() => setCreating(false)}>
          <CreateOrganizationDialog onClose={() => setCreating(false)} />
        </OnDemand>
      )}
    </>
  );
}
