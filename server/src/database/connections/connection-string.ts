/** The timeouts of waiting for a lock and of a whole statement, unless the URL sets them. */
const lockTimeoutMsDefault = 5_000;
const statementMsDefault = 10_000;

export interface DatabaseUrl {
  /** One for each host, in the given order. What is ours is taken out. */
  readonly urls: readonly string[];
  /** Connections are made to a host that takes writes only. */
  readonly mustBeWritable: boolean;
  /**
   * How long a statement waits for a lock before it is answered 503. The longest that a lock is held is a part of an
   * import, 500 lines; without an end, a request that waits for one that hangs holds one of the few connections.
   */
  readonly lockTimeoutMs: number;
  /**
   * A connection whose statement takes longer is lost: a host that vanished closes no connection.
   * Longer than `lockTimeoutMs`, so that PostgreSQL responds first.
   */
  readonly statementMs: number;
}

/** What is wrong with DATABASE_URL, as the rest of a sentence that begins with its name. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const form = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;

/**
 * Reads a connection string as libpq does where several hosts are given (`host1:port1,host2:port2`, or `host=…&port=…`), which
 * neither `URL` nor pg understand.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const match = form.exec(text);
  if (!match) throw new DatabaseUrlError('must be a URL that starts with postgres:// or postgresql://');
  const [, beforeHosts, hosts, afterHosts, query] = match as unknown as [string, string, string, string, string | undefined];
  const parameters = new URLSearchParams(query ?? '');
  const take = (name: string): string | null => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value;
  };
  // pg would send it when connecting, which a pooler refuses.
  const lockTimeoutMs = milliseconds('lock_timeout', take('lock_timeout'), lockTimeoutMsDefault);
  // Migrations use the same URL and have no timeout.
  const statementMs = milliseconds('query_timeout', take('query_timeout'), statementMsDefault);
  const wanted = take('target_session_attrs');
  const places = placesOf(hosts, take('host'), take('port'));
  const urls = places.map(({ inPath, inQuery }) => {
    const own = new URLSearchParams([...parameters, ...Object.entries(inQuery)]);
    return `${beforeHosts}${inPath}${afterHosts}${own.size > 0 ? `?${own}` : ''}`;
  });
  if (!urls.every((url) => URL.canParse(url))) throw new DatabaseUrlError('has a host, port or password that is not valid in a URL');
  return { urls, mustBeWritable: mustBeWritable(wanted, urls.length), lockTimeoutMs, statementMs };
}

/** For messages: without user, password and parameters. */
export function nameOfDatabase(databaseUrl: string): string {
  return databaseUrl.replace(form, (_url, beforeHosts: string, hosts: string, afterHosts: string) => {
    return `${beforeHosts.replace(/\/\/.*$/s, '//')}${hosts}${afterHosts}`;
  });
}

function milliseconds(name: string, value: string | null, fallback: number): number {
  if (value === null) return fallback;
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new DatabaseUrlError(`has a ${name} that is not a whole number of milliseconds above 0`);
  return Number(value);
}

interface Place {
  readonly inPath: string;
  readonly inQuery: Readonly<Record<string, string>>;
}

function placesOf(inPath: string, hostParameter: string | null, portParameter: string | null): readonly Place[] {
  if (hostParameter === null) {
    const port: Record<string, string> = portParameter === null ? {} : { port: portParameter };
    return inPath.split(',').map((host) => ({ inPath: host, inQuery: port }));
  }
  const hosts = hostParameter.split(',');
  const ports = portParameter === null ? [] : portParameter.split(',');
  if (ports.length > 1 && ports.length !== hosts.length) throw new DatabaseUrlError(`has ${hosts.length} hosts and ${ports.length} ports`);
  return hosts.map((host, index) => {
    const port = ports.length > 1 ? ports[index] : ports[0];
    return { inPath, inQuery: { host, ...(port && { port }) } };
  });
}

function mustBeWritable(wanted: string | null, hostCount: number): boolean {
  if (wanted === 'read-write' || wanted === 'primary') return true;
  if (wanted === null || (wanted === 'any' && hostCount === 1)) return hostCount > 1;
  throw new DatabaseUrlError(`has target_session_attrs=${wanted}, but Rollcall needs a host that takes writes: set it to read-write`);
}
