import type {
  LocalDecision,
  LocalOn,
  MemberRecord,
  OrganizationHandle,
  OrganizationState,
  OrganizationStatus,
  Scope,
} from '@rollcall/client';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useSession } from '../session/session.tsx';
import { Highlights } from './highlights.ts';

interface Live {
  readonly handle: OrganizationHandle;
  readonly highlights: Highlights;
}

const LiveContext = createContext<Live | null>(null);

/** Follows an organization for as long as it is drawn. Give it the slug as its `key`: another organization is another one. */
export function OrganizationProvider({ slug, children }: { readonly slug: string; readonly children: ReactNode }) {
  const { client, me } = useSession();
  const [live, setLive] = useState<Live | null>(null);
  useEffect(() => {
    const handle = client.organization(slug);
    const highlights = new Highlights(handle, me.id);
    setLive({ handle, highlights });
    return () => {
      highlights.close();
      handle.close();
    };
  }, [client, slug, me.id]);
  if (!live) return null;
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

export function useLive(): Live {
  return useContext(LiveContext)!;
}

/** For commands: `org.changeMemberRole(…)`. */
export function useOrganization(): OrganizationHandle {
  return useLive().handle;
}

/** A part of the organization's state, drawn anew when that part is another value. The selector must give the same value for the same state. */
export function useOrgState<T>(selector: (state: OrganizationState) => T): T {
  const { handle } = useLive();
  return useSyncExternalStore(handle.subscribe, () => selector(handle.state));
}

export function useOrgStatus(): OrganizationStatus {
  const { handle } = useLive();
  return useSyncExternalStore(handle.subscribe, () => handle.status);
}

/** One's own member here. Null before the first copy. */
export function useOwnMember(): MemberRecord | null {
  const { me } = useSession();
  const members = useOrgState((state) => state.members);
  return useMemo(() => members.find(({ user }) => user?.id === me.id) ?? null, [members, me.id]);
}

/** May I? Judged by the copy, and again whenever the copy changed. */
export function useCan(scope: Scope | readonly Scope[], on?: LocalOn): LocalDecision {
  const { me } = useSession();
  const { handle } = useLive();
  // The answer depends on the whole state: drawing again with each revision is what it takes.
  useOrgState((state) => state.revision);
  return handle.can({ userId: me.id }, scope, on);
}
