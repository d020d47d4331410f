import { createContext, createElement, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import type { RollcallClient } from '../client.ts';
import type { OrganizationHandle, OrganizationOptions } from '../organization-handle.ts';
import { retainedHandlesOf } from './retained-handles.ts';

interface Signed {
  readonly client: RollcallClient;
  readonly userId: string | null;
}

const ClientContext = createContext<Signed | null>(null);
const OrganizationContext = createContext<OrganizationHandle | null>(null);

export interface RollcallProviderProps {
  /** Created by `connect()` outside of components. The code that created it also closes it. */
  readonly client: RollcallClient;
  /** The user of `useCan` and `useMe`: `(await client.session.current()).user?.id`. */
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

/**
 * Subscribes to an organization for the components in it. Two providers with the same name share a
 * replica, and must have the same options.
 */
export function OrganizationProvider({ name, collections, whenStale, children }: OrganizationProviderProps): ReactNode {
  const handles = retainedHandlesOf(useClient());
  const options = { ...(collections && { collections }), ...(whenStale && { whenStale }) };
  const key = JSON.stringify([collections, whenStale]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key contains the options
  const retain = useMemo(() => () => handles.retain(name, options), [handles, name, key]);
  const get = () => handles.get(name, options);
  const handle = useSyncExternalStore(retain, get, get);
  return createElement(OrganizationContext.Provider, { value: handle }, children);
}

function useSigned(): Signed {
  const signed = useContext(ClientContext);
  if (!signed) throw new Error('Rollcall hooks require a <RollcallProvider> above them.');
  return signed;
}

export function useClient(): RollcallClient {
  return useSigned().client;
}

export function useUserId(): string | null {
  return useSigned().userId;
}

/**
 * The organization of the nearest `<OrganizationProvider>`: its commands, `read`, `state`. Does not
 * render again by itself.
 */
export function useOrganization(): OrganizationHandle {
  const handle = useContext(OrganizationContext);
  if (!handle) throw new Error('This Rollcall hook requires an <OrganizationProvider> above it.');
  return handle;
}
