import { type IntegrationSettings, integrationSecrets, integrationVariables, readIntegrationSettings } from './integrations/settings.ts';

/**
 * The variables of the environment that configure features. They are listed here and not in
 * `index.ts`, because the features depend on the configuration.
 */
export const featureVariables = { ...integrationVariables };

/** The names of the variables that are secrets. */
export const featureSecrets: readonly string[] = integrationSecrets;

/** The part of the configuration that is for features. */
export interface FeatureSettings {
  /** The operator's accounts at providers. */
  readonly integrations: IntegrationSettings;
}

/** @throws ConfigError naming the missing variables of a provider */
export function readFeatureSettings(values: Readonly<Record<string, unknown>>): FeatureSettings {
  return { integrations: readIntegrationSettings(values) };
}
