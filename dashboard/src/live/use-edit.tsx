import { type CommandOptions, type CommandResult, OrgError } from '@rollcall/client';
import { EditConflict, loadable, loadFailureText, OnDemand, saveUnlessChanged } from '@rollcall/react/parts';
import { type ReactNode, useCallback, useState } from 'react';
import { useCommands } from './commands.tsx';
import type { Conflict } from './conflict-dialog.tsx';
import { useOrganization } from './organization.tsx';

const ConflictDialog = loadable(() => import('./conflict-dialog.tsx'));

export interface EditToSave<T> {
  /** The edited value, for the title of the conflict dialog: "The role of Ada". */
  readonly what: string;
  readonly base: T;
  readonly mine: T;
  readonly keys: readonly string[];
  readonly done?: string;
  showsRefusal?(error: OrgError): boolean;
  /** Reads the current value from the local state. */
  read(): T;
  save(mine: T, options: CommandOptions): Promise<CommandResult<unknown>>;
  /** Renders a value in the conflict dialog. */
  show(value: T): ReactNode;
}

/**
 * Saves edits. If another user changed the same value, a dialog lets the user choose. `saveEdit`
 * resolves to whether the user's own value was saved. The component must render `conflict`.
 */
export function useEdit() {
  const org = useOrganization();
  const { run } = useCommands();
  const [conflicting, setConflicting] = useState<(Conflict & { reject(error: OrgError): void }) | null>(null);

  const saveEdit = useCallback(
    async <T,>({ what, base, mine, keys, done, showsRefusal, read, save, show }: EditToSave<T>): Promise<boolean> => {
      for (let from = base; ; ) {
        try {
          await run({
            send: () => saveUnlessChanged({ org, base: from, read, save: (options) => save(mine, options) }),
            keys,
            ...(done && { done }),
            ...(showsRefusal && { showsRefusal }),
          });
          return true;
        } catch (error) {
          if (!(error instanceof EditConflict)) throw error;
          const theirs = error.theirs as T;
          if (JSON.stringify(theirs) === JSON.stringify(mine)) return true;
          const keepsMine = await new Promise<boolean>((resolve, reject) =>
            setConflicting({ what, theirs: show(theirs), mine: show(mine), resolve, reject }),
          ).finally(() => setConflicting(null));
          if (!keepsMine) return false;
          from = theirs;
        }
      }
    },
    [org, run],
  );

  const conflict = conflicting && (
    <OnDemand fallback={null} onFailed={() => conflicting.reject(new OrgError('aborted', loadFailureText))}>
      <ConflictDialog {...conflicting} />
    </OnDemand>
  );
  return { saveEdit, conflict };
}
