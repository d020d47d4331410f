import { createContext, type ReactNode, useContext } from 'react';

export interface ToastContent {
  readonly text: ReactNode;
  /** The text for screen readers. Default: `text`. */
  readonly announcement?: string;
  readonly isError?: boolean;
  /** The first one is also run by Ctrl+Z. */
  readonly actions?: readonly ToastAction[];
  /** Time until the toast disappears, unless the pointer or the focus is on it. */
  readonly lastsMs?: number;
}

interface ToastAction {
  readonly label: string;
  run(): void;
}

export interface Toasts {
  /** Shows a toast. Returns a function that removes it. */
  show(toast: ToastContent): () => void;
}

export const ToastContext = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  return useContext(ToastContext)!;
}
