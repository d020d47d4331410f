import { type CommandResult, OrgError } from '@rollcall/client';
import { useCallback } from 'react';
import { useToasts } from '../kit/toast-context.ts';
import { useSudo } from '../session/sudo.tsx';
import { delaySending } from './delayed.ts';
import { useHighlights, useOrganization } from './organization.tsx';

export interface Command<T> {
  /** Sends it: `() => org.removeMember('7')`. */
  send(): Promise<CommandResult<T>>;
  /** What it changes, so that its effect is not shown as somebody else's: `['member:7']`. */
  readonly keys: readonly string[];
  /** Shown when it is done: "Ada was removed", or made of the answer. Absent where the page shows it anyway. */
  readonly done?: string | ((answer: T) => string);
  /** True where the page itself shows what the server had against it, beside the field that it is about. */
  showsRefusal?(error: OrgError): boolean;
}

export interface UndoableCommand<T> extends Command<T> {
  /** Said while it can still be taken back: "Ada is removed". */
  readonly doing: string;
  /** The page shows again what it had already taken away. */
  onUndo?(): void;
  /** It was refused: the same, and the reason was said. */
  onRefused?(): void;
}

/** Time enough to see a mistake, and short enough that nobody waits for the effect. */
const undoMs = 6_000;

/**
 * Runs commands as every page does: a password where a recent login is needed, a refusal said, and the answer only once the
 * copy shows what was done. Rejects with what the server refused it for.
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
        if (done) toasts.show({ text: typeof done === 'string' ? done : done(result.data) });
        return result;
      } catch (error) {
        if (error instanceof OrgError && error.code !== 'aborted' && !showsRefusal?.(error))
          toasts.show({ text: explain(error), isError: true });
        throw error;
      }
    },
    [handle, highlights, toasts, withSudo],
  );

  /** Shown as done at once, sent after a few seconds, unless it is undone before. Closing the page sends it. */
  const runUndoable = useCallback(
    <T,>({ doing, onUndo, onRefused, ...command }: UndoableCommand<T>): void => {
      const delayed = delaySending(undoMs, () => {
        hide();
        run(command).catch(() => onRefused?.());
      });
      const hide = toasts.show({
        text: doing,
        spoken: `${doing}. You can undo it.`,
        lastsMs: undoMs,
        action: {
          label: 'Undo',
          run() {
            if (delayed.cancel()) onUndo?.();
          },
        },
      });
    },
    [run, toasts],
  );

  return { run, runUndoable };
}

/** The access may end by one's own command: leaving. Then there is nothing to wait for. */
function ignoreEnd(error: unknown): void {
  if (!(error instanceof OrgError)) throw error;
}

/** The server's own words; only what is no answer of it is worded here. */
export function explain(error: OrgError): string {
  if (error.code === 'unreachable') return 'The server could not be reached. Nothing was changed, as far as this page knows.';
  if (error.code === 'unavailable') return 'The server is not able to save anything at the moment. Try again shortly.';
  return error.message;
}
