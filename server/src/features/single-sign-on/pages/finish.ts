import type { Request, RequestHandler, Response } from 'express';
import { isForged, queryOf, sessionOf } from '../../../http/pages/browser.ts';
import { renderNotice, renderPlainForm } from '../../../http/pages/form-page.ts';
import { readSession } from '../../../http/pages/read-session.ts';
import { redirect, sendPage } from '../../../http/pages/send-page.ts';
import { addressOf } from '../../../http/requests/caller-address.ts';
import { mintSessionToken } from '../../../identity/sessions.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { reauthenticateSessions } from '../../../write-path/users/sessions/reauthenticate-sessions.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import type { FinishSignOn, LinkQuestion, ReplacementQuestion } from '../commands/login/finish-sign-on.ts';
import { linkByProvider, logInByProvider, type ProviderLogin } from '../commands/login/log-in-by-provider.ts';
import { findAnsweredFlow, type SsoFlow } from '../flows/flows.ts';
import { readReturn, returnOf } from '../flows/sealed-flow.ts';
import { readLoginSlug } from '../queries/login-page.ts';
import type { SingleSignOnServices } from '../services.ts';
import { recordProviderLogin } from './record-login.ts';
import { sendRefusal } from './respond.ts';
import { sealedFlowOf } from './sealed-flow-of.ts';
import type { PageRefusal } from './texts.ts';

/** The end of a login by single sign-on: a session, a question to the user, or a refusal. */

/** A login that this browser may finish. */
interface Finishing {
  readonly flow: SsoFlow;
  /** As in the browser's cookie. */
  readonly sealed: string;
  /** The token of the session that the login opens. */
  readonly token: string;
  readonly input: FinishSignOn;
}

export function finishLogin(services: SingleSignOnServices): RequestHandler {
  return (request, response) => finish(request, response, services, false);
}

/**
 * Finishes a login that replaces the session of another user, after that user has pressed the
 * button.
 */
export function replaceSession(services: SingleSignOnServices): RequestHandler {
  return async (request, response) => {
    if (isForged(request, services)) return sendRefusal(response, services, { orgId: null, refusal: { reason: 'forged' } });
    await finish(request, response, services, true);
  };
}

async function finish(request: Request, response: Response, services: SingleSignOnServices, isReplacementAgreed: boolean): Promise<void> {
  const finishing = await prepare(request, services);
  if (!finishing) return sendRefusal(response, services, { orgId: null, refusal: { reason: 'no-flow' } });
  const { orgId, input, ...from } = callOf(finishing, request);
  const finished = await logInByProvider(services.writePath, { orgId, input: { ...input, isReplacementAgreed }, ...from });
  if (finished.kind === 'ask') return ask(response, services, finishing, finished.question);
  if (finished.kind === 'ask-replacement') return askReplacement(response, services, finishing, finished.question);
  response.append('Set-Cookie', services.ssoCookie.remove(request.headers.cookie, finishing.sealed));
  if (finished.kind === 'tested') return sendTested(response, services, finished.result.ok);
  if (finished.kind === 'refused') return await refuse(response, services, finishing, finished.refusal);
  enter(request, response, services, finishing, { userId: finished.userId, outcome: finished.how, next: finished.next });
  await reauthenticateSockets(services, finishing, finished.userId, request);
}

/** Links the account of the browser's session, after its user has pressed the button. */
export function linkAccount(services: SingleSignOnServices): RequestHandler {
  return async (request, response) => {
    if (isForged(request, services)) return sendRefusal(response, services, { orgId: null, refusal: { reason: 'forged' } });
    const finishing = await prepare(request, services);
    if (!finishing) return sendRefusal(response, services, { orgId: null, refusal: { reason: 'no-flow' } });
    const { session } = finishing.input;
    const linked = session && (await linkByProvider(services.writePath, session.userId, callOf(finishing, request)));
    response.append('Set-Cookie', services.ssoCookie.remove(request.headers.cookie, finishing.sealed));
    if (linked?.kind !== 'linked') return await refuse(response, services, finishing, linked?.refusal ?? { reason: 'no-flow' });
    enter(request, response, services, finishing, { userId: session!.userId, outcome: 'link', next: linked.next });
    await reauthenticateSockets(services, finishing, session!.userId, request);
  };
}

async function prepare(request: Request, services: SingleSignOnServices): Promise<Finishing | null> {
  const flowId = readReturn(services.singleSignOn.key, queryOf(request, 'flow') ?? '');
  const own = sealedFlowOf(request, flowId, services);
  // A login whose provider has not responded is not finished, so it neither locks the organization
  // nor ends.
  const flow = own && (await findAnsweredFlow(services.singleSignOn, own.flow));
  if (!flow) return null;
  const token = mintSessionToken();
  return {
    flow,
    sealed: own.sealed,
    token,
    input: {
      key: services.singleSignOn.key,
      handleHash: flow.handleHash,
      session: sessionOf(await readSession(request, services)),
      tokenHash: hashToken(token),
      daysMax: services.limits.sessionDays,
      ipAddress: addressOf(request),
      userAgent: request.headers['user-agent'] ?? '',
    },
  };
}

function callOf({ flow, input }: Finishing, request: Request): ProviderLogin {
  return { orgId: flow.orgId, input, requestId: request.id, ipAddress: input.ipAddress };
}

function enter(
  request: Request,
  response: Response,
  services: SingleSignOnServices,
  { flow, token }: Finishing,
  { userId, outcome, next }: { readonly userId: string; readonly outcome: string; readonly next: string },
): void {
  count(services, flow, outcome);
  recordProviderLogin(services, request, flow.orgId, userId);
  response.append('Set-Cookie', services.sessionCookie.write(token));
  redirect(response, next);
}

/**
 * Closes the open sockets of a session that the login has bound, such as those of another tab.
 * Called after the response, because the session is bound even if this fails.
 */
async function reauthenticateSockets(
  { writePath }: SingleSignOnServices,
  { flow: { orgId }, input }: Finishing,
  userId: string,
  request: Request,
) {
  // Any other login has opened a new session, which has no sockets yet.
  if (input.session?.userId !== userId) return;
  const sessions = [{ id: input.session.sessionId, userId }];
  const call = { orgId: serverStreamId, input: { orgId, sessions }, requestId: request.id };
  await runSystemCommand(writePath, reauthenticateSessions, call).catch((error: unknown) => {
    writePath.log.warn({ orgId, error: String(error) }, 'could not close the sockets of a session with another binding');
  });
}

async function refuse(response: Response, services: SingleSignOnServices, { flow }: Finishing, refusal: PageRefusal): Promise<void> {
  const { orgId, providerId } = flow;
  count(services, flow, refusal.reason);
  const next = refusal.reason === 'not-linked' ? await loginPathOf(services, flow) : '/';
  sendRefusal(response, services, { orgId, providerId, refusal, next });
}

/** The login page of the organization, where a user who has logged in can link the account. */
async function loginPathOf({ lookups }: SingleSignOnServices, { orgId, next }: SsoFlow): Promise<string> {
  const slug = await readLoginSlug(lookups, orgId);
  return slug === null ? '/' : `/auth/login/${slug}/?next=${encodeURIComponent(next)}`;
}

function count({ writePath }: SingleSignOnServices, { protocol }: SsoFlow, outcome: string): void {
  writePath.counters.increment('ssoLogins', 1, `${protocol} ${outcome}`);
}

function ask(response: Response, { productName, singleSignOn }: SingleSignOnServices, { flow }: Finishing, question: LinkQuestion): void {
  const { identity, account, organization, provider, isJoining } = question;
  const effect = isJoining
    ? `You then become a member of ${organization}, whose members see this address, and can log in there with ${provider}.`
    : `You can then log in to ${organization} with ${provider}.`;
  const html = renderPlainForm(productName, {
    title: 'Link your account?',
    intro: `Link ${identity} at ${provider} to your account ${account}? ${effect}`,
    action: `/auth/sso/link/?flow=${returnOf(singleSignOn.key, flow.handleHash)}`,
    submit: 'Link account',
    link: { label: 'Cancel', path: '/' },
  });
  sendPage(response, html);
}

function askReplacement(
  response: Response,
  { productName, singleSignOn }: SingleSignOnServices,
  { flow }: Finishing,
  question: ReplacementQuestion,
): void {
  const { current, next, organization } = question;
  const html = renderPlainForm(productName, {
    title: `Continue as ${next}?`,
    intro: `You’re logged in as ${current}. If you continue as ${next} to log in to ${organization}, this browser is logged out as ${current}.`,
    action: `/auth/sso/replace/?flow=${returnOf(singleSignOn.key, flow.handleHash)}`,
    submit: `Continue as ${next}`,
    link: { label: `Stay logged in as ${current}`, path: '/' },
  });
  sendPage(response, html);
}

function sendTested(response: Response, { productName }: SingleSignOnServices, isOk: boolean): void {
  const intro = isOk
    ? 'The identity provider was tested successfully. Go back to the page where you started the test.'
    : 'The test failed. The page where you started it shows the reason.';
  sendPage(response, renderNotice(productName, { title: isOk ? 'The test succeeded' : 'The test failed', intro }));
}
