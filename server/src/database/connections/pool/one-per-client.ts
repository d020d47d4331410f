/**
 * Returns the same object each time for the same client. Kysely has a `WeakMap` with the clients of
 * its pool as keys. If it got another object for each use, V8 would free the map's entries, and all
 * that they reference, only in a full collection (docs/adr/0044).
 */
export function onePerClient<Client extends object, Made extends object>(make: (client: Client) => Made): (client: Client) => Made {
  const known = new WeakMap<Client, Made>();
  return (client) => {
    const made = known.get(client) ?? make(client);
    known.set(client, made);
    return made;
  };
}
