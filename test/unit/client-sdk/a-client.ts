import { RollcallClient } from '../../../client-sdk/src/client.ts';
import type { ClientSettings } from '../../../client-sdk/src/client-settings.ts';
import type { ClientConnection, ConnectionObserver } from '../../../client-sdk/src/connection.ts';
import { throwLater } from '../../../client-sdk/src/emitter.ts';
import { RestClient } from '../../../client-sdk/src/rest/rest-client.ts';

type Given = Pick<ClientSettings, 'now' | 'timers'> & Partial<ClientSettings>;

/** A client on the given connection. It has no server for REST. */
export function aClient(given: Given, openConnection: (observer: ConnectionObserver) => ClientConnection): RollcallClient {
  const common = { token: undefined, random: () => 0 };
  return new RollcallClient(
    {
      ...common,
      origin: '',
      socketPath: '',
      transports: [],
      leaseMs: 600_000,
      whenStale: 'last-known',
      onError: throwLater,
      organizations: undefined,
      recordsMax: 100,
      ...given,
    },
    new RestClient({ ...common, baseUrl: '', fetch }),
    (_, observer) => openConnection(observer),
  );
}
