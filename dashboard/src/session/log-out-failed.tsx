import { CloudOff } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../kit/button.ts';
import { EmptyState } from '../kit/states.tsx';
import { leaveSession } from './log-in.ts';

/**
 * Replaces the whole console when the server couldn't be reached for a log-out, so that nothing of
 * the session is shown any more.
 */
export function LogOutFailed() {
  const [isBusy, setBusy] = useState(false);
  const tryAgain = async () => {
    setBusy(true);
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch('/api/0/auth/logout/', { method: 'POST', headers, body: '{}' }).catch(() => null);
    if (response?.ok) leaveSession();
    else setBusy(false);
  };
  return (
    <main className="starting">
      <EmptyState
        icon={CloudOff}
        level={1}
        title="You’re still logged in"
        action={
          <Button variant="primary" isBusy={isBusy} onClick={tryAgain}>
            Log out
          </Button>
        }
      >
        <p role="alert">The server can’t be reached, so your session wasn’t ended. Nothing of it is shown here any more. Try again.</p>
      </EmptyState>
    </main>
  );
}
