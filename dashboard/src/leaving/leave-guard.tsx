import { LeaveGuardProvider, type Question } from '@rollcall/react/parts';
import { type ReactNode, useEffect, useState } from 'react';
import { Router } from 'wouter';
import { GuardedLocation } from './guarded-location.ts';
import { LeaveDialog } from './leave-dialog.tsx';
import { leaveQuestions } from './leave-questions.ts';

const guardedLocation = new GuardedLocation(leaveQuestions);

interface Asked {
  /** A repeated question opens again, on top of the dialogs that opened since. */
  readonly number: number;
  readonly question: Question;
  answer(mayLeave: boolean): void;
}

/** Asks before links, the Back button and closing the tab lose unsaved work. */
export function LeaveGuard({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  useEffect(() => {
    let cancel = () => {};
    let number = 0;
    leaveQuestions.showWith({
      show: (question) =>
        new Promise((resolve) => {
          // A question that another one replaces would never resolve.
          cancel();
          cancel = () => resolve(false);
          const answer = (mayLeave: boolean) => {
            setAsked(null);
            resolve(mayLeave);
          };
          setAsked({ number: ++number, question, answer });
        }),
      withdraw() {
        setAsked(null);
        cancel();
      },
    });
  }, []);
  return (
    <Router hook={guardedLocation.hook}>
      <LeaveGuardProvider value={leaveQuestions}>{children}</LeaveGuardProvider>
      {asked && <LeaveDialog key={asked.number} question={asked.question} onAnswer={asked.answer} />}
    </Router>
  );
}
