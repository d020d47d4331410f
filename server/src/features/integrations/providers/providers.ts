import { type IntegrationProvider, integrationProviders } from '@rollcall/protocol';
import type { IntegrationSettings } from '../settings.ts';
import { github } from './github/github.ts';
import { gitlab } from './gitlab/gitlab.ts';
import { msteams } from './msteams/msteams.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import type { OpenProviders, Provider, ProviderCore, ProviderParts } from './provider.ts';
import { slack } from './slack/slack.ts';

/** In the order of their routes in the OpenAPI document. */
export const providers = {
  pagerduty,
  slack,
  github,
  gitlab,
  msteams,
} satisfies { readonly [Key in IntegrationProvider]: Provider<Key> };

export function openProviders(settings: IntegrationSettings, core: ProviderCore): OpenProviders {
  const open = <Key extends IntegrationProvider>(key: Key) => {
    const ofKey = settings[key];
    const provider: Provider<Key> = providers[key] as never;
    return [key, ofKey && provider.open(ofKey, core)] as const;
  };
  return Object.fromEntries(integrationProviders.map(open)) as OpenProviders;
}

/** One part of each opened provider that has it. */
export function partsOf<Name extends keyof ProviderParts>(
  opened: Readonly<Record<IntegrationProvider, ProviderParts | null>>,
  name: Name,
): Partial<Record<IntegrationProvider, NonNullable<ProviderParts[Name]>>> {
  return Object.fromEntries(
    Object.entries(opened).flatMap(([key, parts]) => {
      const part = parts?.[name];
      return part === undefined ? [] : [[key, part]];
    }),
  );
}
