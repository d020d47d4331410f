import type { AuthProviderDetails, SignOnTest } from '@rollcall/client';
import { useEffect } from 'react';
import { Badge } from '../../kit/badge.ts';
import { Button } from '../../kit/button.ts';
import { explain } from '../../live/explain.ts';
import { formatDateTime } from '../../shell/format-time.ts';
import { Fact } from './metadata-facts.tsx';
import { Step } from './step.tsx';
import { useSignOnTest } from './use-sign-on-test.ts';

interface TestStepProps {
  /** Null before the provider was saved. */
  readonly details: AuthProviderDetails | null;
  /** Called when a test has ended. */
  onTested(): void;
}

export function TestStep({ details, onTested }: TestStepProps) {
  const { started, result, error, isStarting, start } = useSignOnTest();
  useEffect(() => {
    if (result) onTested();
  }, [result, onTested]);
  const isWaiting = started !== null && result === null;
  const testedAt = details?.lastTestedAt ?? null;
  return (
    <Step
      number={4}
      title="Test it"
      description="You log in at the provider in a new tab. The test changes nothing for anyone."
      isDone={testedAt !== null}
      whyNot={details === null ? 'Save the provider’s values first.' : null}
    >
      <div className="section-form">
        {testedAt !== null && !result && <p className="step-note">The current values were tested on {formatDateTime(testedAt)}.</p>}
        {isWaiting && (
          <p className="step-note" role="status">
            Waiting for your login in the other tab. If the provider shows an error there, compare the values of steps 2 and 3 with its
            application.{' '}
            <a href={started.url} target="_blank" rel="noopener noreferrer">
              Open the tab again
            </a>
          </p>
        )}
        {error && (
          <p className="rollcall-field-error" role="alert">
            {error.code === 'not-found' ? 'The test has expired. Start another one.' : explain(error, false)}
          </p>
        )}
        {result && <TestResult result={result} />}
        <div className="section-actions">
          <Button variant={testedAt === null ? 'primary' : 'plain'} isBusy={isStarting} onClick={start}>
            {isWaiting || result || testedAt !== null ? 'Test again' : 'Test login'}
          </Button>
        </div>
      </div>
    </Step>
  );
}

function TestResult({ result: { ok, subject, email, name, attributes, wouldLinkTo, problems } }: { readonly result: SignOnTest }) {
  return (
    <section className="test-result" aria-label="Result of the test">
      <p role="status">
        <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'Test succeeded' : 'Test failed'}</Badge>
      </p>
      {problems.length > 0 && (
        <ul>
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {subject !== null && (
        <dl className="details-read">
          <Fact name="Subject" value={subject} />
          <Fact name="Email" value={email ?? 'Not provided'} />
          <Fact name="Name" value={name ?? 'Not provided'} />
          <Fact name="Logs in as" value={wouldLinkTo ? (wouldLinkTo.email ?? 'A member') : 'No member yet'} />
        </dl>
      )}
      {Object.keys(attributes).length > 0 && (
        <details className="more-options">
          <summary>Everything that the provider sent</summary>
          <dl className="details-read">
            {Object.entries(attributes).map(([key, values]) => (
              <Fact key={key} name={key} value={values.join(', ')} />
            ))}
          </dl>
        </details>
      )}
    </section>
  );
}
