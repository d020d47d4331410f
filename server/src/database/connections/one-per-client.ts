/**
 * Makes one for each client, and gives it again for as long as there is the client. Kysely has a weak map by what its pool hands out:
 * with a new one each time, that map keeps all that can be reached from it until a full collection.
 */
export function onePerClient<Client extends object, Made extends object>(make: (client: Client) => Made): (client: Client) => Made {
  const known = new WeakMap<Client, Made>();
  return (client) => {
    const made = known.get(client) ?? make(client);
    known.set(client, made);
    return made;
  };
}
