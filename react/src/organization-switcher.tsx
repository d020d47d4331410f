import type { ListedOrganization } from '@rollcall/client';
import { useOrganizations } from '@rollcall/client/react';
import { ChevronsUpDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { Avatar } from './parts/badge.tsx';
import { Menu } from './parts/menu.tsx';
import { loadable } from './parts/on-demand.tsx';

const SwitcherItems = loadable(() => import('./switcher-items.tsx'));

export interface OrganizationSwitcherProps {
  /** The slug or the id of the organization that the page shows. */
  readonly current: string;
  /** The address of its image. Without it, its initials are shown. */
  readonly image?: string | null;
  /** Further items at the end of the menu: `MenuItem` of `@rollcall/react/parts`. */
  readonly children?: ReactNode;
  /** Called with the organization that the user chose. */
  onSelect(organization: ListedOrganization): void;
}

/**
 * The current organization, and a menu of the user's others. Without a menu if there is no other
 * organization and no further item.
 */
export function OrganizationSwitcher({ current, image, children, onSelect }: OrganizationSwitcherProps) {
  const organizations = useOrganizations();
  const organization = organizations.find(({ slug, id }) => slug === current || id === current);
  const name = organization?.name ?? current;
  const face = (
    <>
      <Avatar name={name} id={organization?.id ?? current} isSquare src={image ?? null} />
      <strong>{name}</strong>
    </>
  );
  const others = organizations.filter((one) => one !== organization);
  if (organizations.length === 0 || (others.length === 0 && !children)) return <div className="rollcall-switcher">{face}</div>;
  return (
    <Menu
      label="Organizations"
      align="start"
      loadFirst={SwitcherItems.load}
      trigger={
        <button type="button" className="rollcall-switcher">
          <span className="rollcall-visually-hidden">Organization:</span>
          {face}
          <span className="rollcall-visually-hidden">. Switch to another</span>
          <ChevronsUpDown size={15} aria-hidden />
        </button>
      }
    >
      {() => (
        <SwitcherItems organizations={organizations} current={organization} onSelect={onSelect}>
          {children}
        </SwitcherItems>
      )}
    </Menu>
  );
}
