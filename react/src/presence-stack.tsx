import { usePresence, useUserId } from '@rollcall/client/react';
import { loadable, OnDemand } from './parts/on-demand.tsx';

const PeopleFaces = loadable(() => import('./people-faces.tsx'));

export interface PresenceStackProps {
  /** The name of the page that the user views. Other users see it. */
  readonly page: string;
  /** The title of another page, for the list of users. Defaults to its name. */
  readonly titleOf?: (page: string) => string | undefined;
}

/**
 * The other users who are viewing this organization, those on the same page first. Shows this user
 * to them.
 */
export function PresenceStack({ page, titleOf = (name) => name }: PresenceStackProps) {
  const userId = useUserId();
  const others = usePresence(page).filter((viewer) => viewer.userId !== userId);
  if (others.length === 0) return null;
  return (
    <OnDemand fallback={null}>
      <PeopleFaces others={others} page={page} titleOf={titleOf} />
    </OnDemand>
  );
}
