import type { ReactNode } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Section } from '../../kit/section.tsx';

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly description: string;
  readonly isDone: boolean;
  /** Why the step is not open yet. Null if it is open. */
  readonly whyNot: string | null;
  readonly children: ReactNode;
}

/** One of the steps of setting up single sign-on. */
export function Step({ number, title, description, isDone, whyNot, children }: StepProps) {
  return (
    <Section
      title={`${number}. ${title}`}
      description={
        <>
          {description}
          {isDone && (
            <span className="step-done">
              <Badge tone="good">Done</Badge>
            </span>
          )}
        </>
      }
    >
      {whyNot === null ? children : <p className="section-note">{whyNot}</p>}
    </Section>
  );
}
