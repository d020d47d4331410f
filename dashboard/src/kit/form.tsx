import type { ComponentProps } from 'react';
import { discardChangesTo } from '../leaving/leave-questions.ts';
import { useFormQuestion } from '../leaving/use-form-question.ts';

type FormProps = ComponentProps<'form'> &
  (
    | { readonly unsaved: null; readonly isBusy?: never }
    | {
        /**
         * The unsaved fields: "name and slug". Null while there is nothing to lose. The user is
         * asked before leaving discards it.
         */
        readonly unsaved: string | null;
        /** Whether the request that saves it runs. */
        readonly isBusy: boolean;
      }
  );

/** The only form element of the console, so that no form loses what was entered. */
export function Form({ unsaved, isBusy = false, children, ...rest }: FormProps) {
  useFormQuestion(unsaved === null ? null : discardChangesTo(unsaved), isBusy && unsaved !== null);
  return <form {...rest}>{children}</form>;
}
