import { Component, createContext, type ReactNode, Suspense, useContext } from 'react';

export const loadFailureText = 'Couldn’t load this. Check your connection, or reload the page.';

/** A module could not be loaded: there is no connection, or an updated server no longer has it. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
}

/** Wraps an import so that it runs once, and again only after a failure. */
export function loadOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      throw new LoadFailure(loadFailureText, { cause });
    });
    return loading;
  };
}

/** Shows the text of a failure. Without a provider, the component only stays closed. */
export const LoadFailureContext = createContext<(text: string) => void>(() => {});

interface OnDemandProps {
  /** Rendered while the module loads, and if it fails to load. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
  onFailed(): void;
}

/**
 * Renders a lazy component. If its module fails to load, shows an error and keeps the rest of the
 * page.
 */
export function OnDemand({ fallback, children, onFailed }: OnDemandProps) {
  const show = useContext(LoadFailureContext);
  const fail = () => {
    show(loadFailureText);
    onFailed();
  };
  return (
    <LoadBoundary fallback={fallback} onFailed={fail}>
      <Suspense fallback={fallback}>{children}</Suspense>
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
    return error ? this.props.fallback : this.props.children;
  }
}
