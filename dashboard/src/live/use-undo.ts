import { type CommandResult, OrgError } from '@rollcall/client';
import { useMemo } from 'react';
import { useToasts } from '../kit/toast-context.ts';
import { explain, useCommands } from './commands.tsx';
import { EditConflict } from './save-unless-changed.ts';

interface Undo {
  /** What was done: "Ada is now an admin". */
  readonly text: string;
  readonly keys: readonly string[];
  /** Shown once it is undone: "Ada is a member again". */
  readonly undone: string;
  /** Sends the command that reverses it. */
  send(): Promise<CommandResult<unknown>>;
}

/** As long as a removal waits to be sent. */
const offeredMs = 8_000;

/** Offers to reverse a change that was made, by a second command. A refusal is shown. */
export function useUndo() {
  const toasts = useToasts();
  const { run } = useCommands();
  return useMemo(() => {
    const undo = async ({ send, keys, undone }: Undo) => {
      try {
        await run({ send, keys, done: undone, showsRefusal: () => true });
      } catch (error) {
        if (error instanceof OrgError && error.code === 'aborted') return;
        const reason =
          error instanceof EditConflict ? 'Someone else has changed it since.' : error instanceof OrgError ? explain(error) : String(error);
        toasts.show({ text: `The change couldn’t be undone. ${reason}`, isError: true });
      }
    };
    return {
      offer(offered: Undo): void {
        toasts.show({
          text: offered.text,
          spoken: `${offered.text}. You can undo it.`,
          lastsMs: offeredMs,
          action: { label: 'Undo', run: () => void undo(offered) },
        });
      },
    };
  }, [run, toasts]);
}
