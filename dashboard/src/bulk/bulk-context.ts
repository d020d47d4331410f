import { createContext, useContext } from 'react';
import type { BulkTask } from './bulk-task.ts';

interface Bulk {
  /** The reason why no bulk action can be started now. */
  readonly whyNot: string | null;
  /**
   * Starts a bulk action, which continues on other pages. Rejects with a `LoadFailure`, which was
   * shown, if its code can't be loaded.
   * @param expectOwn marks changes of these members as the user's own
   */
  start(task: BulkTask, expectOwn: (ids: readonly string[]) => void): Promise<void>;
}

export const BulkContext = createContext<Bulk | null>(null);

export function useBulk(): Bulk {
  return useContext(BulkContext)!;
}
