import { Building2, ChevronRight } from 'lucide-react';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { Avatar, Badge } from '../../kit/badge.tsx';
import { EmptyState, LoadingList } from '../../kit/states.tsx';
import { useOrganizations } from '../../session/organizations.ts';
import { UserMenu } from '../../shell/user-menu.tsx';
import './organizations-page.css';

/** Where one chooses an organization. */
export function OrganizationsPage() {
  const organizations = useOrganizations();
  useEffect(() => {
    document.title = 'Organizations · Rollcall';
  }, []);
  return (
    <div className="organizations">
      <header className="organizations-header">
        <span className="brand">
          <img src="/pages/icon.svg" alt="" width="24" height="24" />
          Rollcall
        </span>
        <div>
          <UserMenu />
        </div>
      </header>
      <main>
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
                    {typeof orgRole === 'string' && <Badge>{orgRole}</Badge>}
                    <ChevronRight size={16} aria-hidden />
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </div>
      </main>
    </div>
  );
}
