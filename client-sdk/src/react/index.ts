export * from './hooks.ts';
export {
  OrganizationProvider,
  type OrganizationProviderProps,
  RollcallProvider,
  type RollcallProviderProps,
  useClient,
  useOrganization,
  useUserId,
} from './providers.ts';
export { isShallowEqual } from './use-selector.ts';
