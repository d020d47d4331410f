import { connect, OrgError, type RollcallClient } from '@rollcall/client';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { callApi } from './api.ts';
import { goToLogIn } from './log-in.ts';
import { StartFailed, Starting } from './starting.tsx';

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly has2fa: boolean;
}

interface Session {
  readonly me: Me;
  /** One connection for the whole console. */
  readonly client: RollcallClient;
}

const SessionContext = createContext<Session | null>(null);

/** The page is going away: what is sent now must outlive it. */
let isLeaving = false;
addEventListener('pagehide', () => {
  isLeaving = true;
});
addEventListener('pageshow', () => {
  isLeaving = false;
});

/** Finds out who is logged in before anything else is drawn; whoever is not goes to log in, and comes back. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  useEffect(() => {
    let isGone = false;
    let client: RollcallClient | null = null;
    const start = async () => {
      try {
        const me = await readMe();
        if (isGone) return;
        if (!me) return goToLogIn();
        client = connect({ fetch: (input, init) => fetch(input, { ...init, keepalive: isLeaving }) });
        client.on('status', ({ after }) => {
          if (after.phase === 'closed' && !isGone) goToLogIn();
        });
        setSession({ me, client });
      } catch (cause) {
        if (!isGone) setError(cause instanceof OrgError ? cause : new OrgError('internal', String(cause)));
      }
    };
    void start();
    return () => {
      isGone = true;
      client?.close();
    };
  }, []);
  if (error) return <StartFailed error={error} />;
  if (!session) return <Starting />;
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

/** Null without a session: 400 is the contract's word for it, 401 that of a session that ended. */
async function readMe(): Promise<Me | null> {
  try {
    return await callApi<Me>('GET', '/auth/');
  } catch (error) {
    if (error instanceof OrgError && (error.status === 400 || error.status === 401)) return null;
    throw error;
  }
}

export function useSession(): Session {
  return useContext(SessionContext)!;
}
