import { createContext, type ReactNode, useContext } from 'react';

export interface ToastContent {
  readonly text: ReactNode;
  /** What is read out; the text itself where that is one. */
  readonly spoken?: string;
  readonly isError?: boolean;
  readonly action?: { readonly label: string; run(): void };
  /** How long it stays while nobody points at it. */
  readonly lastsMs?: number;
}

export interface Toasts {
  /** Gives what takes it away again. */
  show(toast: ToastContent): () => void;
}

export const ToastContext = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  return useContext(ToastContext)!;
}
