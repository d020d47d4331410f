import { type CommandResult, OrgError } from '@rollcall/client';
import { EditConflict } from '@rollcall/react/parts';
import { useMemo } from 'react';
import { useToasts } from '../kit/toast-context.ts';
import { useCommands } from './commands.tsx';
import { explain } from './explain.ts';

interface Undo {
  /** The change: "Ada is now an admin". */
  readonly text: string;
  readonly keys: readonly string[];
  /** Shown after it was undone: "Ada is a member again". */
  readonly undone: string;
  /** Sends the command that reverses the change. */
  send(): Promise<CommandResult<unknown>>;
}

const offeredMs = 8_000;

/** Offers to reverse a change by a second command. Errors are shown. */
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
        toasts.show({ text: `Couldn’t undo the change. ${reason}`, isError: true });
      }
    };
    return {
      offer(offered: Undo): void {
        toasts.show({
          text: offered.text,
          announcement: `${offered.text}. You can undo this.`,
          lastsMs: offeredMs,
          actions: [{ label: 'Undo', run: () => void undo(offered) }],
        });
      },
    };
  }, [run, toasts]);
}
