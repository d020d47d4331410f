import { usePresence } from '@rollcall/client/react';
import { lazy } from 'react';
import { useLocation } from 'wouter';
import { loadOnce, OnDemand } from '../kit/on-demand.tsx';
import { useSession } from '../session/session.tsx';

const PeopleFaces = lazy(loadOnce(() => import('./people-faces.tsx')));

/** The other users who are viewing this organization. */
export function PresentPeople() {
  const { me } = useSession();
  const [location] = useLocation();
  const page = location.split('/')[3] ?? '';
  const others = usePresence(page).filter(({ userId }) => userId !== me.id);
  if (others.length === 0) return null;
  return (
    <OnDemand fallback={null} onFailed={() => {}}>
      <PeopleFaces others={others} page={page} />
    </OnDemand>
  );
}
