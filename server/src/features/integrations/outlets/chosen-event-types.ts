import { type IntegrationRecord, isChosen } from '@rollcall/protocol';

/** Whether the settings of an integration choose a type of event. By default they choose none. */
export function choosesType({ config }: Pick<IntegrationRecord, 'config'>, type: string): boolean {
  const chosen = Array.isArray(config.eventTypes) ? config.eventTypes : [];
  return chosen.includes('*') || isChosen(chosen, type);
}
