/** Default timeouts for waiting for a lock and for a result. The URL can change both. */
const lockTimeoutMsDefault = 5_000;
const resultMsDefault = 10_000;

export interface DatabaseUrl {
  /** One URL per host, in the given order, without the parameters that only Rollcall uses. */
  readonly urls: readonly string[];
  /** Connections are made only to a host that accepts writes. */
  readonly mustBeWritable: boolean;
  /**
   * The time that a statement waits for a lock before the request fails with 503. The longest lock
   * is held by one part of an import, which has 500 lines. Without this limit, a request that waits
   * for a hung transaction would keep one of the few connections.
   */
  readonly lockTimeoutMs: number;
  /**
   * The time without a result after which a connection with running statements is closed, because
   * a host that vanished closes no connection. It is longer than `lockTimeoutMs`, so that
   * PostgreSQL responds first.
   */
  readonly resultMs: number;
}

/**
 * A problem with DATABASE_URL. The message continues a sentence that begins with the variable's
 * name.
 */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

const form = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;

/**
 * Parses a connection string as libpq does, including several hosts (`host1:port1,host2:port2`, or
 * `host=…&port=…`). Neither `URL` nor pg supports several hosts.
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
  // pg would send this parameter when it connects, and a pooler refuses that.
  const lockTimeoutMs = milliseconds('lock_timeout', take('lock_timeout'), lockTimeoutMsDefault);
  // Removed from the URL, because migrations use the same URL and have no timeout.
  const resultMs = milliseconds('query_timeout', take('query_timeout'), resultMsDefault);
  const wanted = take('target_session_attrs');
  const places = placesOf(hosts, take('host'), take('port'));
  const urls = places.map(({ inPath, inQuery }) => {
    const own = new URLSearchParams([...parameters, ...Object.entries(inQuery)]);
    return `${beforeHosts}${inPath}${afterHosts}${own.size > 0 ? `?${own}` : ''}`;
  });
  if (!urls.every((url) => URL.canParse(url))) throw new DatabaseUrlError('has a host, port or password that is not valid in a URL');
  return { urls, mustBeWritable: mustBeWritable(wanted, urls.length), lockTimeoutMs, resultMs };
}

/** The URL for messages: without user, password and parameters. */
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
  if (ports.length > 1 && ports.length !== hosts.length) throw new DatabaseUrlError(`has ${hosts.length} hosts but ${ports.length} ports`);
  return hosts.map((host, index) => {
    const port = ports.length > 1 ? ports[index] : ports[0];
    return { inPath, inQuery: { host, ...(port && { port }) } };
  });
}

function mustBeWritable(wanted: string | null, hostCount: number): boolean {
  if (wanted === 'read-write' || wanted === 'primary') return true;
  if (wanted === null || (wanted === 'any' && hostCount === 1)) return hostCount > 1;
  throw new DatabaseUrlError(`has target_session_attrs=${wanted}, but Rollcall requires a host that accepts writes. Set it to read-write`);
}
