import { type Leaving, type Question, useLeaveQuestion } from '@rollcall/react/parts';
import { responseAwaited } from './leave-questions.ts';

/** Asks before the user leaves a form that is filled in, and while its request runs. */
export function useFormQuestion(unsaved: Question | null, isBusy: boolean): Leaving {
  return useLeaveQuestion(isBusy ? responseAwaited : unsaved);
}
