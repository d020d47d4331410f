import type { SessionShown } from '@rollcall/client';
import { MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { useRead } from '../../live/use-read.ts';
import { useSession } from '../../session/session.tsx';
import { formatAge } from '../../shell/format-time.ts';
import { EndTokensChoice } from './end-tokens-choice.tsx';
import { nameBrowser } from './name-browser.ts';
import { Unread } from './unread.tsx';
import { useAccountCall } from './use-account-call.ts';

/** The user's sessions. Ending one closes its connections immediately. */
export function Sessions({ onEnded }: { readonly onEnded: () => void }) {
  const { client } = useSession();
  const call = useAccountCall();
  const { result: sessions, error, refresh } = useRead(() => client.session.list());
  const [endTokens, setEndTokens] = useState(false);
  const end = async (session: SessionShown) => {
    await call(() => client.session.end(session.id, { endTokens }), 'Logged out on that device');
    refresh();
    onEnded();
  };
  return (
    <section className="card account-card" aria-labelledby="sessions">
      <h2 id="sessions">Where you’re logged in</h2>
      {error || sessions === null ? (
        <Unread what="your sessions" rows={2} error={error} onRetry={refresh} />
      ) : (
        <ul className="account-list">
          {sessions.map((session) => (
            <li key={session.id}>
              <MonitorSmartphone className="account-icon" size={17} aria-hidden />
              <span>
                {nameBrowser(session.userAgent)} {session.isCurrent && <Badge tone="accent">This device</Badge>}
                <small>
                  {session.ipAddress}, last used {formatAge(Date.now() - Date.parse(session.dateLastUsed))}
                </small>
              </span>
              {!session.isCurrent && (
                <Button isSmall onClick={() => end(session)}>
                  Log out
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <EndTokensChoice isChosen={endTokens} onChange={setEndTokens} />
      <div className="account-actions">
        <Button onClick={() => call(() => client.session.logOutEverywhere({ endTokens }))}>Log out everywhere</Button>
      </div>
    </section>
  );
}
