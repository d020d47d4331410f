import { type IntegrationRecord, OrgError, type SlackChannels as SlackChannelPage } from '@rollcall/client';
import { ChosenList } from '@rollcall/react/parts';
import { useEffect, useMemo, useState } from 'react';
import { Button } from '../../kit/button.ts';
import { TextField } from '../../kit/field.ts';
import { Form } from '../../kit/form.tsx';
import { useCommands } from '../../live/commands.tsx';
import { explain } from '../../live/explain.ts';
import { useOrganization } from '../../live/organization.tsx';
import { useConfigList } from './use-config-list.ts';

/** 10,000 channels. Others are added by their id. */
const pagesMax = 10;

type Channel = SlackChannelPage['channels'][number];

/** The channels that get messages. Public ones are chosen by name, private ones by id. */
export function SlackChannels({ integration }: { readonly integration: IntegrationRecord }) {
  const { id, name, status } = integration;
  const org = useOrganization();
  const { run } = useCommands();
  const { channels, error } = useChannels(id, status === 'active');
  const [privateId, setPrivateId] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const options = useMemo(
    () =>
      (channels ?? []).map((channel) => ({
        value: channel.id,
        label: `#${channel.name}`,
        detail: channel.isJoined ? undefined : 'Invite the app to this channel so it can post.',
      })),
    [channels],
  );
  const { chosen, choose } = useConfigList(integration, 'channels');
  const save = (saved: readonly string[], showsRefusal = () => false) =>
    run({
      send: () => org.updateIntegration(id, { channels: saved }),
      keys: [`integration:${id}`],
      done: `Saved the channels of ${name}`,
      showsRefusal,
    });
  const addPrivate = async () => {
    if (isBusy) return;
    setBusy(true);
    const isSaved = await choose([...chosen, privateId.trim()], (saved) => save(saved, () => true));
    setRefusal(isSaved ? null : 'Enter the ID of a channel, such as C024BE91L.');
    if (isSaved) setPrivateId('');
    setBusy(false);
  };
  const none = error ?? (channels === null ? 'Loading the channels…' : 'The workspace has no public channels.');
  return (
    <div className="integration-channels">
      <ChosenList
        label="Channels"
        addLabel="Add a channel"
        none={status === 'active' ? none : null}
        options={options}
        chosen={chosen}
        onChosen={(list) => void choose(list, save)}
      />
      <Form
        unsaved={privateId.trim() !== '' ? 'private channel' : null}
        isBusy={isBusy}
        onSubmit={(event) => {
          event.preventDefault();
          void addPrivate();
        }}
      >
        <TextField
          label="Private channel"
          hint="Slack shows the ID of a channel at the end of its details. Invite the app to the channel first."
          error={refusal ?? undefined}
          value={privateId}
          onValue={setPrivateId}
          autoComplete="off"
          spellCheck={false}
        />
        <Button type="submit" isBusy={isBusy} whyNot={privateId.trim() === '' ? 'Enter the ID of a channel.' : null}>
          Add private channel
        </Button>
      </Form>
    </div>
  );
}

/** Reads the pages one after another. */
function useChannels(integrationId: string, isActive: boolean) {
  const org = useOrganization();
  const [channels, setChannels] = useState<readonly Channel[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    if (!isActive) return;
    const stop = new AbortController();
    const readAll = async () => {
      const found: Channel[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < pagesMax; page++) {
        const read: SlackChannelPage = await org.read.slackChannels(integrationId, { ...(cursor && { cursor }), signal: stop.signal });
        if (stop.signal.aborted) return;
        found.push(...read.channels);
        setChannels([...found]);
        setError(read.error);
        cursor = read.next;
        if (cursor === null) return;
      }
    };
    readAll().catch((cause: unknown) => {
      if (!stop.signal.aborted && cause instanceof OrgError) setError(explain(cause, false));
    });
    return () => stop.abort();
  }, [org, integrationId, isActive]);
  return { channels, error };
}
