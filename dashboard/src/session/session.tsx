import { connect, OrgError, type RestIdentity, type RestSelf, type RollcallClient } from '@rollcall/client';
import { RollcallProvider } from '@rollcall/client/react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { goToLogIn } from './log-in.ts';
import { LogOutFailed } from './log-out-failed.tsx';
import { StartFailed, Starting } from './starting.tsx';

interface Session {
  readonly me: RestSelf;
  /** Whether users can create organizations, and the terms that they must agree to. */
  readonly creation: Creation;
  /** The second factor that this session lacks, where the server requires one. */
  readonly secondFactorNeeded: 'setup' | 'code' | null;
  /** The only connection of the console. */
  readonly client: RollcallClient;
  /** Reads `me` again after a change to it. */
  readMe(): Promise<void>;
  /** Removes everything that the console shows, and closes its connection. */
  forget(): void;
}

export interface Creation {
  readonly isAllowed: boolean;
  readonly terms: { readonly termsUrl: string; readonly privacyUrl: string } | null;
}

function creationOf({ singleOrganization, terms }: RestIdentity): Creation {
  return { isAllowed: singleOrganization === undefined, terms: terms ?? null };
}

const SessionContext = createContext<Session | null>(null);

/** True while the page is being closed: requests sent then must outlive it. */
let isLeaving = false;
addEventListener('pagehide', () => {
  isLeaving = true;
});
addEventListener('pageshow', () => {
  isLeaving = false;
});

/** Reads the session before anything is rendered, and opens the login page if there is none. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [error, setError] = useState<OrgError | null>(null);
  const [isForgotten, setForgotten] = useState(false);
  useEffect(() => {
    let isGone = false;
    const client = connect({ fetch: (input, init) => fetch(input, { ...init, keepalive: isLeaving }) });
    client.on('status', ({ after }) => {
      if (after.phase !== 'closed' || isGone) return;
      if (after.reason === 'unsupported-version')
        setError(new OrgError('invalid', 'The server was updated. Reload this page to continue.'));
      else goToLogIn();
    });
    const forget = () => {
      isGone = true;
      client.close();
      setSession(null);
      setForgotten(true);
    };
    const sessionOf = (identity: RestIdentity, me: RestSelf): Session => ({
      ...{ me, creation: creationOf(identity), secondFactorNeeded: identity.secondFactorNeeded ?? null },
      ...{ client, readMe, forget },
    });
    const readMe = async () => {
      const identity = await client.session.current();
      if (identity.user && !isGone) setSession(sessionOf(identity, identity.user));
    };
    const start = async () => {
      try {
        const identity = await client.session.current();
        if (isGone) return;
        if (identity.user) setSession(sessionOf(identity, identity.user));
        else goToLogIn();
      } catch (cause) {
        if (isGone) return;
        if (cause instanceof OrgError && cause.code === 'unauthenticated') return goToLogIn();
        setError(cause instanceof OrgError ? cause : new OrgError('internal', String(cause)));
      }
    };
    void start();
    return () => {
      isGone = true;
      client.close();
    };
  }, []);
  if (isForgotten) return <LogOutFailed />;
  if (error) return <StartFailed error={error} />;
  if (!session) return <Starting />;
  return (
    <SessionContext value={session}>
      <RollcallProvider client={session.client} userId={session.me.id}>
        {children}
      </RollcallProvider>
    </SessionContext>
  );
}

export function useSession(): Session {
  return useContext(SessionContext)!;
}
