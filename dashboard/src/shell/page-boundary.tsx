import { LoadFailure } from '@rollcall/react/parts';
import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Button } from '../kit/button.ts';
import { EmptyState } from '../kit/states.tsx';

interface State {
  readonly error: Error | null;
}

/** Contains the failure of a page: the navigation and the connection stay. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    if (error instanceof LoadFailure) error.allowRetry();
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const isMissing = error instanceof LoadFailure;
    return (
      <EmptyState
        icon={TriangleAlert}
        title={isMissing ? 'Couldn’t load this page' : 'Something went wrong'}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        }
      >
        {isMissing ? 'You’re offline, or the server was updated. Reload to try again.' : error.message}
      </EmptyState>
    );
  }
}
