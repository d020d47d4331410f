import type { OrgError } from '@rollcall/client';
import { CloudOff } from 'lucide-react';
import { Button } from '../kit/button.tsx';
import { EmptyState } from '../kit/states.tsx';

export function Starting() {
  return (
    <main className="starting" aria-busy>
      <span className="visually-hidden">Loading the console</span>
    </main>
  );
}

export function StartFailed({ error }: { readonly error: OrgError }) {
  const isAway = error.code === 'unreachable' || error.code === 'unavailable';
  return (
    <main className="starting">
      <EmptyState
        icon={CloudOff}
        level={1}
        title={isAway ? 'The server cannot be reached' : 'The console could not start'}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            Try again
          </Button>
        }
      >
        {isAway ? 'Check your connection, or come back in a moment.' : error.message}
      </EmptyState>
    </main>
  );
}
