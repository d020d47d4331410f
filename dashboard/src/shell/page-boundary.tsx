import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Button } from '../kit/button.tsx';
import { LoadFailure } from '../kit/on-demand.tsx';
import { EmptyState } from '../kit/states.tsx';

interface State {
  readonly error: Error | null;
}

/** A page that fails takes nothing else along: the navigation and the connection stay. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const isMissing = error instanceof LoadFailure;
    return (
      <EmptyState
        icon={TriangleAlert}
        title={isMissing ? 'This page could not be loaded' : 'This page failed'}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            Load it again
          </Button>
        }
      >
        {isMissing ? 'There is no connection, or the server was upgraded since you opened it.' : error.message}
      </EmptyState>
    );
  }
}
