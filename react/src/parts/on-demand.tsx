import { Component, type ComponentType, createContext, createElement, lazy, type ReactNode, Suspense, useContext } from 'react';

export const loadFailureText = 'Couldn’t load this. Check your connection, or reload the page.';

/** A module could not be loaded: there is no connection, or an updated server no longer has it. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';

  /** Makes the next render load the module again. A boundary that caught the failure calls it. */
  allowRetry(): void {}
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

export interface Loadable<Props> {
  (props: Props): ReactNode;
  /** Loads the module before the component is rendered. */
  load(): Promise<unknown>;
}

/**
 * A component whose module is loaded when it is first rendered. `lazy` of React keeps a failure
 * forever. This component loads the module again once a boundary has caught the failure. It waits
 * for the boundary because React renders a failed component twice.
 */
export function loadable<Props extends object>(load: () => Promise<{ readonly default: ComponentType<Props> }>): Loadable<Props> {
  const loadModule = loadOnce(load);
  let Current = attempt();
  function attempt() {
    const Lazy = lazy<ComponentType<Props>>(() =>
      loadModule().catch((failure: LoadFailure) => {
        failure.allowRetry = () => {
          if (Current === Lazy) Current = attempt();
        };
        throw failure;
      }),
    );
    return Lazy;
  }
  return Object.assign((props: Props) => createElement(Current, props), { load: loadModule });
}

/** Shows the text of a failure. Without a provider, the component only stays closed. */
export const LoadFailureContext = createContext<(text: string) => void>(() => {});

interface OnDemandProps {
  /** Rendered while the module loads, and if it fails to load. */
  readonly fallback: ReactNode;
  readonly children: ReactNode;
  /** Closes what the user opened. Absent for a part of the page itself, which tries again. */
  readonly onFailed?: (() => void) | undefined;
}

/** Long enough for a short failure of the network to end. */
const retryMs = 10_000;

/**
 * Renders a lazy component. If its module fails to load, shows an error and keeps the rest of the
 * page.
 */
export function OnDemand({ fallback, children, onFailed }: OnDemandProps) {
  const show = useContext(LoadFailureContext);
  return (
    <LoadBoundary fallback={fallback} onFailed={onFailed} onFirstFailed={() => show(loadFailureText)}>
      <Suspense fallback={fallback}>{children}</Suspense>
    </LoadBoundary>
  );
}

interface LoadBoundaryProps extends OnDemandProps {
  onFirstFailed(): void;
}

class LoadBoundary extends Component<LoadBoundaryProps, { readonly error: Error | null }> {
  override state = { error: null as Error | null };
  #hasFailed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error): void {
    if (!(error instanceof LoadFailure)) return;
    error.allowRetry();
    if (!this.#hasFailed) this.props.onFirstFailed();
    this.#hasFailed = true;
    if (this.props.onFailed) this.props.onFailed();
    else this.#retry = setTimeout(() => this.setState({ error: null }), retryMs);
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#retry);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error && !(error instanceof LoadFailure)) throw error;
    return error ? this.props.fallback : this.props.children;
  }
}
