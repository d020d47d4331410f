import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmptyState, LoadingList } from '../kit/states.tsx';
import { useOrgState, useOrgStatus } from '../live/organization.tsx';
import { PageHeader } from './page-header.tsx';

interface RestrictedPageProps {
  readonly title: string;
  readonly isAllowed: boolean;
  /** The text for a member who can't see the page. */
  readonly whyNot: string;
  readonly children: ReactNode;
}

/** A page that some members can't see. Its content is rendered after the first snapshot. */
export function RestrictedPage({ title, isAllowed, whyNot, children }: RestrictedPageProps) {
  const { loading } = useOrgStatus();
  const isLoaded = useOrgState((state) => state.organization !== null);
  if (isLoaded && isAllowed) return children;
  return (
    <>
      <PageHeader title={title} />
      <div className="card">
        {isLoaded ? (
          <EmptyState icon={Lock} title={whyNot} />
        ) : (
          <LoadingList label={`Loading ${title.toLowerCase()}`} progress={loading} rows={3} />
        )}
      </div>
    </>
  );
}
