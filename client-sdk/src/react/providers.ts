import { createContext, createElement, type ReactNode, useContext, useMemo, useSyncExternalStore } from 'react';
import type { RollcallClient } from '../client.ts';
import type { DehydratedOrganization } from '../dehydrate.ts';
import { HydratedOrganization } from '../hydrate.ts';
import { errorOf, type OrganizationHandle, type OrganizationOptions } from '../organization-handle.ts';
import { retainedHandlesOf } from './retained-handles.ts';

interface Signed {
  readonly client: RollcallClient;
  readonly userId: string | null;
}

const ClientContext = createContext<Signed | null>(null);
const OrganizationContext = createContext<ProvidedOrganization | null>(null);

export interface ProvidedOrganization {
  readonly handle: OrganizationHandle;
  /** The state that a server rendered. */
  readonly hydrated: HydratedOrganization | null;
}

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
  /**
   * The result of `dehydrate` for the user of the page. Shown on the server, and in the browser
   * until the replica has arrived. Ignored if it is for another user or organization.
   */
  readonly dehydrated?: DehydratedOrganization | null;
  /**
   * Suspends until there is a state. When the access has ended, throws the `OrgError` for an error
   * boundary.
   */
  readonly suspense?: boolean;
  readonly children?: ReactNode;
}

/**
 * Subscribes to an organization for the components in it. Two providers with the same name share a
 * replica, and must have the same options.
 */
export function OrganizationProvider(props: OrganizationProviderProps): ReactNode {
  const { name, collections, whenStale, dehydrated = null, suspense = false, children } = props;
  const { client, userId } = useSigned();
  const handles = retainedHandlesOf(client);
  const options = { ...(collections && { collections }), ...(whenStale && { whenStale }) };
  const key = JSON.stringify([collections, whenStale]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key contains the options
  const retain = useMemo(() => () => handles.retain(name, options), [handles, name, key]);
  const get = () => handles.get(name, options);
  // On a server, the client has no credential of the user. The first render in the browser must
  // have the same result.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key contains the options
  const unsubscribed = useMemo(() => client.unsubscribedOrganization(name, options), [client, name, key]);
  const handle = useSyncExternalStore(retain, get, () => unsubscribed);
  const hydrated = useMemo(() => hydrate(dehydrated, name, userId), [dehydrated, name, userId]);
  const provided = useMemo(() => ({ handle, hydrated }), [handle, hydrated]);
  const ending = useSyncExternalStore(handle.subscribe, () => handle.subscription.ending, noEnding);
  // The state of another user is dropped, and the provider then suspends again.
  useSyncExternalStore(
    handle.subscribe,
    () => suspense && handle.subscription.revision === null,
    () => suspense,
  );
  if (suspense && ending) throw errorOf(ending);
  if (suspense && !hydratedNow(provided) && handle.subscription.revision === null) {
    if (handle === unsubscribed) return null;
    throw handles.arrivalOf(name, options);
  }
  return createElement(OrganizationContext.Provider, { value: provided }, children);
}

const noEnding = () => null;

function hydrate(dehydrated: DehydratedOrganization | null, name: string, userId: string | null): HydratedOrganization | null {
  if (!dehydrated || dehydrated.userId !== userId || (name !== dehydrated.id && name !== dehydrated.slug)) return null;
  return new HydratedOrganization(dehydrated);
}

/**
 * The hydrated state while the first replica hasn't arrived. Null afterwards, also when the replica
 * was dropped because the access ended or the client has another identity.
 */
export function hydratedNow({ handle, hydrated }: ProvidedOrganization): HydratedOrganization | null {
  return handle.subscription.hasBegun ? null : hydrated;
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
  return useProvided().handle;
}

export function useProvided(): ProvidedOrganization {
  const provided = useContext(OrganizationContext);
  if (!provided) throw new Error('This Rollcall hook requires an <OrganizationProvider> above it.');
  return provided;
}
