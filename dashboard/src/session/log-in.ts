import type { RollcallClient } from '@rollcall/client';

/** Opens the login page, which returns to the current page afterwards. */
export function goToLogIn(): void {
  const { pathname, search, hash } = location;
  location.assign(`/login/?next=${encodeURIComponent(pathname + search + hash)}`);
}

/** Opens the login page as a new document, so that no data of this session stays in memory. */
export function leaveSession(): void {
  location.assign('/login/');
}

export async function logOut(client: RollcallClient): Promise<void> {
  await client.session.logOut();
  leaveSession();
}
