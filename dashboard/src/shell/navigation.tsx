import { Link, useLocation } from 'wouter';
import { useCan } from '../live/organization.tsx';
import { type OrganizationPage, organizationPages } from './pages.ts';
import { Switcher } from './switcher.tsx';
import { UserMenu } from './user-menu.tsx';

interface NavigationProps {
  readonly slug: string;
  /** Called when a link is followed, so that the drawer of small screens closes. */
  onGo?(): void;
}

export function Navigation({ slug, onGo }: NavigationProps) {
  return (
    <div className="navigation">
      <Switcher slug={slug} />
      <nav aria-label="Organization">
        <ul>
          {organizationPages.map((page) => (
            <PageLink key={page.path} page={page} slug={slug} onGo={onGo} />
          ))}
        </ul>
      </nav>
      <UserMenu />
    </div>
  );
}

interface PageLinkProps {
  readonly page: OrganizationPage;
  readonly slug: string;
  readonly onGo: (() => void) | undefined;
}

function PageLink({ page: { path, title, icon: Icon, scopes = ['org:read'] }, slug, onGo }: PageLinkProps) {
  const { allowed } = useCan(scopes);
  const [location] = useLocation();
  const href = `/organizations/${slug}/${path}/`;
  if (!allowed) return null;
  return (
    <li>
      <Link
        href={href}
        className="page-link"
        aria-current={location.startsWith(href) ? 'page' : undefined}
        {...(onGo && { onClick: onGo })}
      >
        <Icon size={16} aria-hidden />
        {title}
      </Link>
    </li>
  );
}
