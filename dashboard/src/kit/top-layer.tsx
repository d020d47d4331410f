import { type ReactNode, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';

/** Modal dialogs that are open, the last on top. All else on the page is out of reach, also for those who listen. */
let openDialogs: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

/** Gives the function that takes it away again. */
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

/** Draws what must be heard and reached whatever is open: within the dialog on top, else at the end of the page. */
export function TopLayer({ children }: { readonly children: ReactNode }) {
  const top = useSyncExternalStore(subscribe, () => openDialogs.at(-1) ?? document.body);
  return createPortal(children, top);
}
