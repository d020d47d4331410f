import { definitionOf, type IntegrationProvider } from '@rollcall/protocol';

/** The fields that both the list of providers and each integration show. */
export function providerSummary(key: IntegrationProvider) {
  const { name, features } = definitionOf(key);
  return { key, slug: key, name, canAdd: true, features: features.map((feature) => feature.name) };
}
