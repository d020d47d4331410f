import { Component, type ReactNode, Suspense } from 'react';
import { useToasts } from './toast-context.ts';

/** What was to be loaded did not come: no connection, or the server was upgraded and has it no more. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

/** Loads a module when it is first wanted, and again after a failure. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      throw new LoadFailure('This part of the page could not be loaded.', { cause });
    });
    return loading;
  };
}

interface OnDemandProps {
  /** Shown while it is loaded, and when it cannot be. */
  readonly meanwhile: ReactNode;
  readonly children: ReactNode;
  onFailed(): void;
}

/** Draws what has to be loaded first. That it cannot be loaded is said, and takes nothing else of the page away. */
export function OnDemand({ meanwhile, children, onFailed }: OnDemandProps) {
  const toasts = useToasts();
  const fail = () => {
    toasts.show({ text: 'This needs a connection to the server. Try again in a moment.', isError: true });
    onFailed();
  };
  return (
    <LoadBoundary meanwhile={meanwhile} onFailed={fail}>
      <Suspense fallback={meanwhile}>{children}</Suspense>
    </LoadBoundary>
  );
}

class LoadBoundary extends Component<OnDemandProps, { readonly error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    if (error instanceof LoadFailure) this.props.onFailed();
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error && !(error instanceof LoadFailure)) throw error;
    return error ? this.props.meanwhile : this.props.children;
  }
}
