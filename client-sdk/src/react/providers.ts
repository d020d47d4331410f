import { createContext, createElement, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import type { RollcallClient } from '../client.ts';
import type { OrganizationHandle, OrganizationOptions } from '../organization-handle.ts';
import { subscriptionsOf } from './subscriptions.ts';

interface Signed {
  readonly client: RollcallClient;
  readonly userId: string | null;
}

const ClientContext = createContext<Signed | null>(null);
const OrganizationContext = createContext<OrganizationHandle | null>(null);

export interface RollcallProviderProps {
  /** Made by `connect()` outside of components, and closed by whoever made it. */
  readonly client: RollcallClient;
  /** Whom `useCan` and `useMe` are about: `(await client.session.current()).user?.id`. */
  readonly userId?: string | null;
  readonly children?: ReactNode;
}

export function RollcallProvider({ client, userId = null, children }: RollcallProviderProps): ReactNode {
  const signed = useMemo(() => ({ client, userId }), [client, userId]);
  return createElement(ClientContext.Provider, { value: signed }, children);
}

export interface OrganizationProviderProps extends OrganizationOptions {
  /** A slug or an id. */
  readonly name: string;
  readonly children?: ReactNode;
}

/** Follows an organization for the components in it. Two of one name share a copy, and want the same options. */
export function OrganizationProvider({ name, collections, whenStale, children }: OrganizationProviderProps): ReactNode {
  const subscriptions = subscriptionsOf(useClient());
  const options = { ...(collections && { collections }), ...(whenStale && { whenStale }) };
  const key = JSON.stringify([collections, whenStale]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what is in the options
  const retain = useMemo(() => () => subscriptions.retain(name, options), [subscriptions, name, key]);
  const get = () => subscriptions.get(name, options);
  const handle = useSyncExternalStore(retain, get, get);
  return createElement(OrganizationContext.Provider, { value: handle }, children);
}

function useSigned(): Signed {
  const signed = useContext(ClientContext);
  if (!signed) throw new Error('Rollcall hooks need a <RollcallProvider> above them.');
  return signed;
}

export function useClient(): RollcallClient {
  return useSigned().client;
}

export function useUserId(): string | null {
  return useSigned().userId;
}

/** The organization of the nearest `<OrganizationProvider>`: its commands, `read`, `state`. Does not re-render by itself. */
export function useOrganization(): OrganizationHandle {
  const handle = useContext(OrganizationContext);
  if (!handle) throw new Error('This Rollcall hook needs an <OrganizationProvider> above it.');
  return handle;
}
