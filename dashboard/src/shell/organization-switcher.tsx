import { ChevronsUpDown, LayoutGrid } from 'lucide-react';
import { useLocation } from 'wouter';
import { Avatar } from '../kit/badge.tsx';
import { Menu, MenuCheck, MenuItem, MenuSeparator } from '../kit/menu.tsx';
import { useOrgState } from '../live/organization.tsx';
import { useOrganizations } from '../session/organizations.ts';
import { imageOf } from './organization-image.ts';

/** The organization one is in, and the way to the others. With no other there is nothing to switch. */
export function OrganizationSwitcher({ slug }: { readonly slug: string }) {
  const organization = useOrgState((state) => state.organization);
  const organizations = useOrganizations();
  const [, navigate] = useLocation();
  const name = organization?.name ?? slug;
  const face = (
    <>
      <Avatar name={name} id={organization?.id ?? slug} isSquare src={organization && imageOf(organization)} />
      <strong>{name}</strong>
    </>
  );
  if (!organizations || organizations.length < 2) return <div className="switcher">{face}</div>;
  return (
    <Menu
      label="Organizations"
      align="start"
      trigger={
        <button type="button" className="switcher" aria-label={`Organization: ${name}. Switch to another`}>
          {face}
          <ChevronsUpDown size={15} aria-hidden />
        </button>
      }
    >
      {() => (
        <>
          {organizations.map((one) => (
            <MenuCheck key={one.id} isChecked={one.slug === slug} onChange={() => navigate(`/organizations/${one.slug}/`)}>
              {one.name}
            </MenuCheck>
          ))}
          <MenuSeparator />
          <MenuItem icon={LayoutGrid} onChoose={() => navigate('/')}>
            All organizations
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
