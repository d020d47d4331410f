import { type Applied, type CommandResult, OrgError } from '@rollcall/client';
import { useCallback } from 'react';
import { SecondsUntil } from '../kit/seconds-until.tsx';
import { useToasts } from '../kit/toast-context.ts';
import { useSudo } from '../session/sudo.tsx';
import { delaySending } from './delayed.ts';
import { explain } from './explain.ts';
import { useHighlights, useOrganization } from './organization.tsx';

export interface Command<T> {
  /** Sends the command: `() => org.removeMember('7')`. */
  send(): Promise<CommandResult<T>>;
  /**
   * The keys of what it changes, so that the change is not highlighted as another user's:
   * `['member:7']`.
   */
  readonly keys: readonly string[];
  /** Shown after success: "Removed Ada". Absent if the page shows the result anyway. */
  readonly done?: string | ((data: T, applied: Applied | null) => string);
  /** Whether the page itself shows the error, for example beside the field that it is about. */
  showsRefusal?(error: OrgError): boolean;
}

export interface UndoableCommand<T> extends Command<T> {
  /** Shown while the command can be undone: "Ada loses access", before "in 6 s". */
  readonly doing: string;
  /** The label of the button that sends the command without the delay: "Remove now". */
  readonly now: string;
  /** Shows the removed record again. */
  onUndo?(): void;
  /** The same after the server refused the command. The error was shown. */
  onRefused?(): void;
}

/** Long enough to notice a mistake, and short enough not to delay the effect much. */
const undoMs = 6_000;

/**
 * Runs commands: asks for the password if a recent login is needed, shows errors, and resolves once
 * the local state contains the change. Rejects with the error.
 */
export function useCommands() {
  const handle = useOrganization();
  const highlights = useHighlights();
  const toasts = useToasts();
  const withSudo = useSudo();

  const run = useCallback(
    async <T,>({ send, keys, done, showsRefusal }: Command<T>): Promise<CommandResult<T>> => {
      highlights.expectOwn(keys);
      try {
        const result = await withSudo(send);
        if (result.revision !== null) await handle.waitFor(result.revision).catch(ignoreEnd);
        if (done) toasts.show({ text: typeof done === 'string' ? done : done(result.data, result.applied) });
        return result;
      } catch (error) {
        if (error instanceof OrgError && error.code !== 'aborted' && !showsRefusal?.(error))
          toasts.show({ text: explain(error), isError: true });
        throw error;
      }
    },
    [handle, highlights, toasts, withSudo],
  );

  /**
   * Sends a command after a few seconds unless the user undoes it. Closing the page sends it
   * immediately.
   */
  const runUndoable = useCallback(
    <T,>({ doing, now, onUndo, onRefused, ...command }: UndoableCommand<T>): void => {
      const delayed = delaySending(undoMs, () => {
        hide();
        return run(command).then(
          () => true,
          () => {
            onRefused?.();
            return false;
          },
        );
      });
      const hide = toasts.show({
        text: (
          <>
            {doing} in <SecondsUntil time={Date.now() + undoMs} />
          </>
        ),
        announcement: `${doing} in ${undoMs / 1_000} seconds. You can undo this.`,
        lastsMs: undoMs,
        actions: [
          {
            label: 'Undo',
            run() {
              if (delayed.cancel()) onUndo?.();
            },
          },
          { label: now, run: delayed.sendNow },
        ],
      });
    },
    [run, toasts],
  );

  return { run, runUndoable };
}

/** The command itself may end the user's access, as leaving does. No change arrives then. */
function ignoreEnd(error: unknown): void {
  if (!(error instanceof OrgError)) throw error;
}
