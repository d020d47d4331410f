import type { RollcallClient } from '@rollcall/client';

/** To the page to log in, and back here afterwards. */
export function goToLogIn(): void {
  const { pathname, search, hash } = location;
  location.assign(`/login/?next=${encodeURIComponent(pathname + search + hash)}`);
}

export async function logOut(client: RollcallClient): Promise<void> {
  await client.session.logOut();
  // A new document: nothing of what this one held is left.
  location.assign('/login/');
}
