import type { IntegrationRecord } from '@rollcall/client';
import { useRef, useState } from 'react';
import { useOrganization } from '../../live/organization.tsx';

interface Choice {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * A list in the configuration of an integration, which is saved after each choice. Choices are
 * saved one after another, each as a change of the list at that time. Quick choices are all kept,
 * and so are received changes by other admins.
 */
export function useConfigList({ id, config }: IntegrationRecord, key: 'channels' | 'eventTypes') {
  const org = useOrganization();
  const [unsaved, setUnsaved] = useState<readonly Choice[]>([]);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const chosen = unsaved.reduce(withChoice, listIn(config[key]));
  /**
   * Resolves to whether the list was saved. `save` must resolve once the local state contains it.
   */
  const choose = (list: readonly string[], save: (list: readonly string[]) => Promise<unknown>): Promise<boolean> => {
    const choice = {
      added: list.filter((one) => !chosen.includes(one)),
      removed: chosen.filter((one) => !list.includes(one)),
    };
    setUnsaved((before) => [...before, choice]);
    const saveNow = async () => {
      const current = org.state.integrations.find((one) => one.id === id);
      // Without the record, as after leaving the organization, the rest of the list is unknown.
      if (!current) return false;
      await save(withChoice(listIn(current.config[key]), choice));
      return true;
    };
    const saved = last.current.then(saveNow).catch(() => false);
    last.current = saved.then(() => setUnsaved((before) => before.filter((one) => one !== choice)));
    return saved;
  };
  return { chosen, choose };
}

function listIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

function withChoice(list: readonly string[], { added, removed }: Choice): readonly string[] {
  return [...list.filter((one) => !removed.includes(one)), ...added.filter((one) => !list.includes(one))];
}
