import type { OrgError } from '@rollcall/client';
import { CloudOff } from 'lucide-react';
import { Button } from '../kit/button.ts';
import { EmptyState } from '../kit/states.tsx';

export function Starting() {
  return (
    <main className="starting" aria-busy>
      <span className="visually-hidden">Loading</span>
    </main>
  );
}

export function StartFailed({ error }: { readonly error: OrgError }) {
  const isUnreachable = error.code === 'unreachable' || error.code === 'unavailable';
  return (
    <main className="starting">
      <EmptyState
        icon={CloudOff}
        level={1}
        title={isUnreachable ? 'Couldn’t reach the server' : 'Something went wrong'}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        }
      >
        {isUnreachable ? 'Check your connection and try again.' : error.message}
      </EmptyState>
    </main>
  );
}
