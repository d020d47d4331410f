import { useLeaveQuestion } from '@rollcall/react/parts';
import type { ComponentProps } from 'react';
import { discardChangesTo } from '../leaving/leave-questions.ts';

interface FormProps extends ComponentProps<'form'> {
  /**
   * The unsaved fields: "name and slug". Null while there is nothing to lose. The
   * user is asked before leaving discards it.
   */
  readonly unsaved: string | null;
}

/** The only form element of the console, so that no form loses what was entered. */
export function Form({ unsaved, children, ...rest }: FormProps) {
  useLeaveQuestion(unsaved === null ? null : discardChangesTo(unsaved));
  return <form {...rest}>{children}</form>;
}
