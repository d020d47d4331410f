import { OrgError, type RestWebhook, type WebhookTest } from '@rollcall/client';
import { useState } from 'react';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';
import { nameOfWebhook } from './webhook-texts.ts';

/** The actions of a webhook that need no dialog. */
export function useWebhookActions(webhook: RestWebhook, onChanged: () => void) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isTesting, setTesting] = useState(false);
  const [testResult, setTestResult] = useState<string | null>(null);
  const setStatus = async (status: RestWebhook['status']) => {
    const done = `${status === 'active' ? 'Enabled' : 'Disabled'} ${nameOfWebhook(webhook)}`;
    await run({ send: () => org.updateWebhook(webhook.id, { status }), keys: [`webhook:${webhook.id}`], done }).then(onChanged, () => {});
  };
  const sendTest = async () => {
    setTesting(true);
    setTestResult(null);
    try {
      const { data } = await org.testWebhook(webhook.id);
      setTestResult(describeTest(data));
    } catch (error) {
      if (error instanceof OrgError) setTestResult(explain(error, false));
    }
    setTesting(false);
  };
  return { setStatus, sendTest, isTesting, testResult };
}

function describeTest({ status, error, ms }: WebhookTest): string {
  if (error === null) return `The receiver accepted the test event with status ${status} in ${ms} ms.`;
  return `The test event was not delivered: ${error}`;
}
