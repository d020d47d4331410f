import { createContext, useContext, useLayoutEffect, useMemo, useRef } from 'react';

/** A question of a dialog about work that the user loses by leaving. */
export interface Question {
  readonly title: string;
  readonly text: string;
  /** The label of the button that leaves: "Discard changes". */
  readonly action: string;
}

export interface LeaveGuard {
  /** Asks before the user leaves the page. Returns a function that ends this. */
  watch(question: Question): () => void;
  /** Resolves to whether the user wants to leave. */
  ask(question: Question): Promise<boolean>;
}

/** Without a provider, nothing asks. */
const LeaveGuardContext = createContext<LeaveGuard>({ watch: () => () => {}, ask: async () => true });

export const LeaveGuardProvider = LeaveGuardContext.Provider;

export interface Leaving {
  /** Asks before it closes a part of the page, such as a dialog. */
  leave(close: () => void): void;
  /** Asks no longer: there is nothing left to lose. */
  stopAsking(): void;
}

/** Asks the question before the user leaves the page, while it is not null. */
export function useLeaveQuestion(question: Question | null): Leaving {
  const guard = useContext(LeaveGuardContext);
  const { title = null, text = '', action = '' } = question ?? {};
  const end = useRef(() => {});
  // A layout effect, so that the user can do nothing between the render and the question.
  useLayoutEffect(() => {
    if (title === null) return;
    end.current = guard.watch({ title, text, action });
    return () => end.current();
  }, [guard, title, text, action]);
  return useMemo(() => {
    const stopAsking = () => end.current();
    const leave = (close: () => void) => {
      if (title === null) return close();
      void guard.ask({ title, text, action }).then((mayLeave) => {
        if (!mayLeave) return;
        // Closing can open another page. One question is enough.
        stopAsking();
        close();
      });
    };
    return { leave, stopAsking };
  }, [guard, title, text, action]);
}

/** The question about the fields of a dialog. */
export const discardEntered: Question = {
  title: 'Discard what you entered?',
  text: 'It hasn’t been saved.',
  action: 'Discard',
};
