/**
 * Returns why the Redis client would throw for a URL, in a message that continues a sentence with
 * the variable's name. Contains no part of the URL, which may have a password. Null if the client
 * can use it, or if it is not a URL, which has its own message.
 */
export function findRedisUrlFault(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { username, password, pathname } = new URL(url);
  if (![username, password].every(canDecode)) return 'must have its user name and password percent-encoded, such as %25 for a percent sign';
  if (!/^(\/[0-9]{0,9})?$/.test(pathname)) return 'must not have a path, except the number of a database, such as redis://localhost:6379/0';
  return null;
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
