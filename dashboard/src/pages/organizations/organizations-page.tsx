import { type ListedOrganization, orgRoles } from '@rollcall/client';
import { blockedTexts, OrganizationStatus } from '@rollcall/react/parts';
import { Building2, ChevronRight, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link, Redirect } from 'wouter';
import { Avatar, Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrganizations } from '../../session/organizations.ts';
import { useSession } from '../../session/session.tsx';
import CreateOrganizationDialog from '../../shell/create-organization-dialog.tsx';
import PlainShell from '../../shell/plain-shell.tsx';
import { setUp2faAddress, ssoLoginAddress } from '../../shell/regain-access.ts';
import './organizations-page.css';

/** The user's organizations. If there is only one, it opens directly. */
export default function OrganizationsPage() {
  const organizations = useOrganizations();
  const { creation } = useSession();
  const [isCreating, setCreating] = useState(false);
  const createButton = creation.isAllowed && (
    <Button icon={Plus} variant="primary" onClick={() => setCreating(true)}>
      Create organization
    </Button>
  );
  if (organizations?.length === 1 && !organizations[0]!.blocked)
    return <Redirect to={`/organizations/${organizations[0]!.slug}/`} replace />;
  return (
    <PlainShell title="Organizations">
      <div className="organizations-head">
        <h1>Your organizations</h1>
        {organizations !== null && organizations.length > 0 && createButton}
      </div>
      <div className="card">
        {organizations === null ? (
          <LoadingList label="Loading your organizations" rows={3} />
        ) : organizations.length === 0 ? (
          <EmptyState icon={Building2} title="You’re not in any organization yet" action={createButton || undefined}>
            {creation.isAllowed ? 'Create one, or ask an admin to invite you.' : 'Ask an admin to invite you.'}
          </EmptyState>
        ) : (
          <ul className="organizations-list">
            {organizations.map(({ id, slug, name, status, orgRole, blocked }) => (
              <li key={id}>
                <OrganizationLink slug={slug} {...(blocked && { blocked })}>
                  <Avatar name={name} id={id} isSquare />
                  <span>
                    <strong>{name}</strong>
                    <small>{blocked ? blockedTexts(blocked).explanation : slug}</small>
                  </span>
                  <OrganizationStatus status={status} />
                  {blocked && <Badge tone="warn">{blockedTexts(blocked).badge}</Badge>}
                  {blocked === 'two-factor-required' && <span className="rollcall-button rollcall-button-small">Set up 2FA</span>}
                  {blocked === 'sso-required' && <span className="rollcall-button rollcall-button-small">Log in</span>}
                  {!blocked && orgRole && <Badge>{orgRoles[orgRole].name}</Badge>}
                  <ChevronRight size={16} aria-hidden />
                </OrganizationLink>
              </li>
            ))}
          </ul>
        )}
      </div>
      {isCreating && <CreateOrganizationDialog onClose={() => setCreating(false)} />}
    </PlainShell>
  );
}

type OrganizationLinkProps = Pick<ListedOrganization, 'slug' | 'blocked'> & { readonly children: ReactNode };

/** Leads to the organization, or to what opens it again. */
function OrganizationLink({ slug, blocked, children }: OrganizationLinkProps) {
  // The login page is a page of the server.
  if (blocked === 'sso-required') return <a href={ssoLoginAddress(slug)}>{children}</a>;
  return <Link href={blocked === 'two-factor-required' ? setUp2faAddress(slug) : `/organizations/${slug}/`}>{children}</Link>;
}
