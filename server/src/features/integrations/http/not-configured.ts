import { definitionOf, type IntegrationProvider, OrgError, requiredVariables } from '@rollcall/protocol';

/** The operator has not set the variables that the provider needs. */
export function notConfigured(provider: IntegrationProvider): OrgError {
  const variables = requiredVariables(provider);
  const named = `${variables.slice(0, -1).join(', ')} and ${variables.at(-1)}`;
  return new OrgError('invalid', `${definitionOf(provider).name} is not configured on this server. The operator sets ${named}.`);
}
