import { callApi } from './api.ts';

/** To the page to log in, and back here afterwards. */
export function goToLogIn(): void {
  const { pathname, search, hash } = location;
  location.assign(`/login/?next=${encodeURIComponent(pathname + search + hash)}`);
}

export async function logOut(): Promise<void> {
  await callApi('POST', '/auth/logout/', {});
  // A new document: nothing of what this one held is left.
  location.assign('/login/');
}
