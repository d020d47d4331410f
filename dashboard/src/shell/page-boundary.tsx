import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Button } from '../kit/button.tsx';
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
    return (
      <EmptyState
        icon={TriangleAlert}
        title="This page failed"
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            Load it again
          </Button>
        }
      >
        {/* A bundle that is gone: the server was upgraded while the page was open. */}
        {error.message}
      </EmptyState>
    );
  }
}
