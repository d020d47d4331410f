import type {
  ConnectionFields,
  FormProvider,
  IntegrationProvider,
  ProviderDefinition,
  ProviderSettings,
  providerTable,
} from '@rollcall/protocol';
import type { SlackChannels } from '@rollcall/protocol/rest';
import type { Router } from 'express';
import type { Db } from '../../../database/database.ts';
import type { Route } from '../../../http/route.ts';
import type { Outbound } from '../../../outbound/outbound.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import type { Directory } from '../directories/directory.ts';
import type { ConfirmedOrganization } from '../http/setup-page.ts';
import type { Notifier } from '../outlets/integration-consumer.ts';
import type { Revoke } from '../outlets/revoke-removed.ts';
import type { IntegrationServices } from '../services.ts';

/** The port of providers. Each folder beside this file has one, and `providers.ts` lists them. */
export interface Provider<Key extends IntegrationProvider> {
  /** The route that connects an organization, or begins to: `connectRoute` or `installRoute`. */
  readonly connecting: Route<ProviderServices>;
  /** Other routes below `/api/0`. */
  readonly routes?: readonly Route<ProviderServices>[];
  /** Opens the provider with the settings of the operator. */
  open(settings: ProviderSettings<Key>, core: ProviderCore): OpenProvider<Key>;
}

/** The opened providers. Null for one that the operator has not configured. */
export type OpenProviders = { readonly [Key in IntegrationProvider]: OpenProvider<Key> | null };

/** Services of routes, which find the opened providers here. */
export interface ProviderServices extends IntegrationServices {
  readonly providers: OpenProviders;
}

/** The parts of the server that a provider is opened with. */
export interface ProviderCore {
  readonly db: Db;
  /**
   * For servers whose address an organization chose, or that may be inside the operator's network.
   */
  readonly outbound: Outbound;
  readonly publicUrl: string;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

/** The parts that a provider may have. */
export interface ProviderParts {
  /** Sends messages. */
  readonly notifier?: Notifier;
  /** A page of the channels that an integration can post to. */
  listChannels?(orgId: string, integrationId: string, cursor: string | null): Promise<SlackChannels>;
  /** Reads people and teams. */
  readonly directory?: Directory;
  /** The provider's page that confirms who a person is, for a `state` and a verifier of PKCE. */
  accountUrl?(state: string, verifier: string): string;
  readonly revoke?: Revoke;
  /** The provider's page that begins a connection, for a `state` and a verifier of PKCE. */
  installUrl?(state: string, verifier: string): string;
  /** Adds the paths that the provider calls, or to which it sends a browser back. */
  addPages?(router: Router, services: IntegrationServices): void;
}

/** The compiler requires the parts that the table of providers states, and refuses the others. */
export type OpenProvider<Key extends IntegrationProvider> = Pick<ProviderParts, 'addPages' | 'listChannels'> &
  PartsIf<Row<Key>['getsEvents'], 'notifier'> &
  PartsIf<Row<Key>['hasDirectory'], 'directory' | 'accountUrl'> &
  PartsIf<Row<Key>['endsByCall'], 'revoke'> &
  (Key extends FormProvider ? PartsIf<false, 'installUrl'> & FormPart<Key> : PartsIf<true, 'installUrl' | 'addPages'>);

/** The part of a provider that is connected in a form. */
export interface FormPart<Key extends FormProvider> {
  /**
   * Sends a test message, and returns what to store.
   * @throws OrgError `invalid` with the fields that the provider refuses
   */
  connect(fields: ConnectionFields<Key>, org: { readonly id: string; readonly slug: string }): Promise<ConfirmedOrganization>;
}

type Row<Key extends IntegrationProvider> = Pick<(typeof providerTable)[Key], keyof ProviderDefinition>;

type PartsIf<IsStated extends boolean, Names extends keyof ProviderParts> = IsStated extends true
  ? Required<Pick<ProviderParts, Names>>
  : { readonly [Name in Names]?: never };
