import { orgRoles } from '@rollcall/client';
import { Building2, ChevronRight } from 'lucide-react';
import { Link, Redirect } from 'wouter';
import { Avatar, Badge } from '../../kit/badge.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrganizations } from '../../session/organizations.ts';
import { PlainShell } from '../../shell/plain-shell.tsx';
import './organizations-page.css';

/** Where one chooses an organization, unless there is but one. */
export default function OrganizationsPage() {
  const organizations = useOrganizations();
  if (organizations?.length === 1) return <Redirect to={`/organizations/${organizations[0]!.slug}/`} replace />;
  return (
    <PlainShell title="Organizations">
      <h1>Your organizations</h1>
      <div className="card">
        {organizations === null ? (
          <LoadingList label="Loading your organizations" rows={3} />
        ) : organizations.length === 0 ? (
          <EmptyState icon={Building2} title="You are not in any organization yet">
            Ask somebody to invite you. The link in the invitation brings you here.
          </EmptyState>
        ) : (
          <ul className="organizations-list">
            {organizations.map(({ id, slug, name, orgRole }) => (
              <li key={id}>
                <Link href={`/organizations/${slug}/`}>
                  <Avatar name={name} id={id} isSquare />
                  <span>
                    <strong>{name}</strong>
                    <small>{slug}</small>
                  </span>
                  <Badge>{orgRoles[orgRole].name}</Badge>
                  <ChevronRight size={16} aria-hidden />
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </PlainShell>
  );
}
