import { useState } from 'react';
import { Button } from '../../kit/button.ts';
import { useCommands } from '../../live/commands.tsx';
import { useOrganization } from '../../live/organization.tsx';

interface OwnAccountButtonProps {
  readonly integrationId: string;
  readonly providerName: string;
}

/** Leads to the provider, which confirms who the member is there. */
export function OwnAccountButton({ integrationId, providerName }: OwnAccountButtonProps) {
  const org = useOrganization();
  const { run } = useCommands();
  const [isBusy, setBusy] = useState(false);
  const begin = async () => {
    setBusy(true);
    try {
      const { data } = await run({ send: () => org.mapOwnAccount(integrationId), keys: [] });
      window.location.assign(data.url);
    } catch {
      // `run` has shown the error.
      setBusy(false);
    }
  };
  return (
    <Button isBusy={isBusy} onClick={begin}>
      Map my {providerName} account
    </Button>
  );
}
