import { createContext, type ReactNode, useContext } from 'react';

export interface ToastContent {
  readonly text: ReactNode;
  /** The text for screen readers. Default: `text`. */
  readonly announcement?: string;
  readonly isError?: boolean;
  readonly action?: { readonly label: string; run(): void };
  /** Time until the toast disappears, unless the pointer or the focus is on it. */
  readonly lastsMs?: number;
}

export interface Toasts {
  /** Shows a toast. Returns a function that removes it. */
  show(toast: ToastContent): () => void;
}

export const ToastContext = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  return useContext(ToastContext)!;
}
