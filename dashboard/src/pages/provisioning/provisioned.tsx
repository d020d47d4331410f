import { Users } from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { count } from '../../kit/count.ts';
import { Section } from '../../kit/section.tsx';
import { EmptyState } from '../../kit/states.tsx';
import { useOrgState } from '../../live/organization.tsx';

/** The entries that are shown, enough to check a first synchronization. */
const shownMax = 50;

/** The members and teams that the identity provider manages, live. */
export function Provisioned({ slug }: { readonly slug: string }) {
  const members = useOrgState((state) => state.members);
  const teams = useOrgState((state) => state.teams);
  const teamRows = useMemo(
    () =>
      teams
        .filter(({ flags }) => flags['idp:provisioned'])
        .map(({ id, slug: team }) => ({ name: `#${team}`, detail: 'Team', href: `teams/${id}/` })),
    [teams],
  );
  const memberRows = useMemo(
    () =>
      members
        .filter(({ flags }) => flags['idp:provisioned'])
        .map(({ id, name, email }) => ({ name, detail: email ?? '', href: `members/${id}/` })),
    [members],
  );
  const rows = [...teamRows, ...memberRows];
  const hidden = rows.length - shownMax;
  return (
    <Section
      title="Managed by the provider"
      description="Members and teams that the provider added or changed. Only the provider can remove them."
    >
      {rows.length === 0 ? (
        <EmptyState icon={Users} title="No one yet">
          Members and teams appear here once the provider has sent them.
        </EmptyState>
      ) : (
        <>
          <p className="section-note" role="status">
            {count(teamRows.length, 'team')}, {count(memberRows.length, 'member')}
          </p>
          <ul className="provisioned" aria-label="Managed by the provider">
            {rows.slice(0, shownMax).map(({ name, detail, href }) => (
              <li key={href}>
                <Link href={`/organizations/${slug}/${href}`}>{name}</Link>
                <small>{detail}</small>
              </li>
            ))}
          </ul>
          {hidden > 0 && <p className="section-note">And {hidden.toLocaleString('en')} more.</p>}
        </>
      )}
    </Section>
  );
}
