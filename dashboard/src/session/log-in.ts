import { OrgError, type RollcallClient } from '@rollcall/client';
import { neverSaveJob } from '../bulk/saved-job.ts';
import { leaveQuestions } from '../leaving/leave-questions.ts';
import { sendDelayed } from '../live/delayed.ts';

/**
 * Opens the login page, which returns to the current page afterwards. A bulk action can then be
 * continued. The browser asks before it discards forms.
 */
export function goToLogIn(): void {
  leaveQuestions.endKept();
  const { pathname, search, hash } = location;
  location.assign(`/login/?next=${encodeURIComponent(pathname + search + hash)}`);
}

/** Opens the login page as a new document, so that no data of this session stays in memory. */
export function leaveSession(): void {
  neverSaveJob();
  leaveQuestions.allowUnload();
  location.assign('/login/');
}

/**
 * Asks first if that loses anything. A removal that waits for an undo is sent before the session
 * ends, and the user stays if the server refuses it.
 * @param forget removes everything that the console shows, when the server can't be reached
 */
export async function logOut(client: RollcallClient, forget: () => void): Promise<void> {
  if (!(await leaveQuestions.askAll({ endsSession: true }))) return;
  if (!(await sendDelayed())) return;
  try {
    await client.session.logOut();
  } catch (error) {
    if (!(error instanceof OrgError) || error.retry !== 'later') throw error;
    neverSaveJob();
    return forget();
  }
  leaveSession();
}
