import { type ReactNode, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';

/**
 * The open modal dialogs, the topmost last. The rest of the page is inert, for screen readers too.
 */
let openDialogs: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

/** Registers an open dialog. Returns a function that unregisters it. */
export function putOnTop(dialog: HTMLElement): () => void {
  setOpenDialogs([...openDialogs, dialog]);
  return () => setOpenDialogs(openDialogs.filter((one) => one !== dialog));
}

function setOpenDialogs(dialogs: readonly HTMLElement[]): void {
  openDialogs = dialogs;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Renders its children where they are never inert: in the topmost dialog, or at the end of the
 * page.
 */
export function TopLayer({ children }: { readonly children: ReactNode }) {
  const top = useSyncExternalStore(subscribe, () => openDialogs.at(-1) ?? document.body);
  return createPortal(children, top);
}
