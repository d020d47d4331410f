import type { IntegrationRecord } from '@rollcall/client';
import { useRef, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';

interface Choice {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * A list in the configuration of an integration, which is saved after each choice. Choices are
 * saved one after another, each as a change of the list at that time. Quick choices and those of
 * other admins are thereby all kept. `save` must resolve once the local state contains the list.
 */
export function useConfigList(
  { id, config }: IntegrationRecord,
  key: 'channels' | 'eventTypes',
  save: (list: readonly string[]) => Promise<unknown>,
) {
  const org = useOrganization();
  const [unsaved, setUnsaved] = useState<readonly Choice[]>([]);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const chosen = unsaved.reduce(withChoice, listIn(config[key]));
  const choose = (list: readonly string[]) => {
    const choice = {
      added: list.filter((one) => !chosen.includes(one)),
      removed: chosen.filter((one) => !list.includes(one)),
    };
    setUnsaved((before) => [...before, choice]);
    const read = () => listIn(org.state.integrations.find((one) => one.id === id)?.config[key]);
    last.current = last.current
      .then(() => save(withChoice(read(), choice)))
      .catch(() => {})
      .then(() => setUnsaved((before) => before.filter((one) => one !== choice)));
  };
  return { chosen, choose };
}

function listIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function withChoice(list: readonly string[], { added, removed }: Choice): readonly string[] {
  return [...list.filter((one) => !removed.includes(one)), ...added.filter((one) => !list.includes(one))];
}
