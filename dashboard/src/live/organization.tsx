import { OrganizationProvider as Subscription, useOrganization } from '@rollcall/client/react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { leaveQuestions } from '../leaving/leave-questions.ts';
import { useSession } from '../session/session.tsx';
import { Highlights } from './highlights.ts';

/** Hooks of the SDK, under the names that the pages use. */
export {
  useCan,
  useMe as useOwnMember,
  useOrganization,
  useOrganizationState as useOrgState,
  useStatus as useOrgStatus,
} from '@rollcall/client/react';

const HighlightsContext = createContext<Highlights | null>(null);

/**
 * Subscribes to an organization while it is mounted. Another organization needs another `key`.
 * `name` is the slug or the id with which it was opened.
 */
export function OrganizationProvider({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <Subscription name={name}>
      <WithHighlights>{children}</WithHighlights>
    </Subscription>
  );
}

function WithHighlights({ children }: { readonly children: ReactNode }) {
  const { me } = useSession();
  const handle = useOrganization();
  const [highlights, setHighlights] = useState<Highlights | null>(null);
  useEffect(() => {
    const opened = new Highlights(handle, me.id);
    setHighlights(opened);
    return () => opened.close();
  }, [handle, me.id]);
  // The rest of the console still shows the previous user and what they may do.
  useEffect(
    () =>
      handle.on('access.revoked', ({ reason }) => {
        if (reason !== 'identity-changed') return;
        leaveQuestions.allowUnload();
        location.reload();
      }),
    [handle],
  );
  return highlights && <HighlightsContext value={highlights}>{children}</HighlightsContext>;
}

export function useHighlights(): Highlights {
  return useContext(HighlightsContext)!;
}
