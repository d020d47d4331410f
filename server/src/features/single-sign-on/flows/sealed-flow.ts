import { createHash } from 'node:crypto';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { decryptSecret, encryptSecret, isSigned, signText } from '../../../runtime/secrets/secrets-at-rest.ts';
import { type ConfiguredProvider, providerSecrets } from '../database/auth-provider-configs.ts';
import { type FlowPurpose, flowMinutes, type InviteLink } from '../database/sso-flows.ts';
import { clockSkewMs } from './clock-skew.ts';

/**
 * A login in progress, before the provider has responded. The server stores nothing for it: its
 * values are sealed in the browser's cookie. The request to the provider names the flow, and proves
 * that this server sent it to this provider, because the response of SAML arrives without a cookie.
 */
export interface SealedFlow {
  /** Random, and the same in the request key. */
  readonly id: string;
  readonly orgId: string;
  readonly purpose: FlowPurpose;
  readonly protocol: 'saml' | 'oidc';
  /** OIDC's `nonce`. */
  readonly nonce: string;
  /** The PKCE verifier. */
  readonly verifier: string;
  /** Null for another purpose. */
  readonly invite: InviteLink | null;
  /** A local path. */
  readonly next: string;
}

const context = 'sso-flow-cookie';

/** @param key the server's SECRET */
export function sealFlow(key: KeyRing, flow: SealedFlow): string {
  return encryptSecret(key, context, JSON.stringify(flow));
}

/** The flow with this id among the sealed ones. Null in every other browser. */
export function openFlowOf(
  key: KeyRing,
  sealed: readonly string[],
  id: string,
): { readonly flow: SealedFlow; readonly sealed: string } | null {
  for (const one of sealed) {
    const flow = open(key, one);
    if (flow?.id === id) return { flow, sealed: one };
  }
  return null;
}

/** Null for a text that was not sealed here, or with an earlier SECRET. */
function open(key: KeyRing, sealed: string): SealedFlow | null {
  try {
    return JSON.parse(decryptSecret(key, context, sealed)) as SealedFlow;
  } catch {
    return null;
  }
}

/** The part of a flow that its request key contains. */
export interface FlowRequest {
  readonly id: string;
  /** Whether the provider must authenticate the person again, although it knows them. */
  readonly forceLogin: boolean;
  /** Whether the flow tests the provider. It then has a row from its start. */
  readonly isTest: boolean;
  /** ISO 8601, with whole seconds. */
  readonly dateCreated: string;
}

const flags = { forceLogin: 1, isTest: 2 } as const;
const idHexChars = 32;
const pattern = new RegExp(`^_([0-9a-f]{8})([0-3])([0-9a-f]{${idHexChars}})([0-9a-f]{64})$`);

export function newFlowId(): string {
  return randomHex(idHexChars / 2);
}

/**
 * The ID of the SAML request, or OIDC's `state`. It is a valid XML ID: the time of the start in
 * seconds, flags, the id, and a digest that binds them to the provider.
 */
export function requestKeyOf(key: KeyRing, provider: ConfiguredProvider, request: Omit<FlowRequest, 'dateCreated'>, now: number): string {
  const { id, forceLogin, isTest } = request;
  const seconds = Math.floor(now / 1_000)
    .toString(16)
    .padStart(8, '0');
  const content = `${seconds}${(forceLogin ? flags.forceLogin : 0) + (isTest ? flags.isTest : 0)}${id}`;
  return `_${content}${signText(key, requestContext, signedOf(provider, content))}`;
}

/** Null unless this server sent the request to this provider, as it is now, within ten minutes. */
export function readRequestKey(key: KeyRing, provider: ConfiguredProvider, requestKey: string, now: number): FlowRequest | null {
  const [, seconds, flag, id, digest] = pattern.exec(requestKey) ?? [];
  if (digest === undefined) return null;
  if (!isSigned(key, requestContext, signedOf(provider, `${seconds}${flag}${id}`), digest)) return null;
  const began = Number.parseInt(seconds!, 16) * 1_000;
  if (now < began - clockSkewMs || now >= began + flowMinutes * 60_000) return null;
  const set = Number(flag);
  return {
    id: id!,
    forceLogin: (set & flags.forceLogin) !== 0,
    isTest: (set & flags.isTest) !== 0,
    dateCreated: new Date(began).toISOString(),
  };
}

/** The id that a request key names, without a check. */
export function flowIdOf(requestKey: string): string | null {
  return pattern.exec(requestKey)?.[3] ?? null;
}

/**
 * Names a flow whose response is stored, in the address of its last page. Only the browser that
 * brought the response gets this text, and only the browser that began the flow has its cookie. So
 * a person who opens another person's link to the provider finishes no login for them.
 */
export function returnOf(key: KeyRing, id: string): string {
  return `${id}.${signText(key, returnContext, id)}`;
}

/** The id of the flow. Null for a text that this server has not made. */
export function readReturn(key: KeyRing, text: string): string | null {
  const id = text.slice(0, idHexChars);
  return text[idHexChars] === '.' && isSigned(key, returnContext, id, text.slice(idHexChars + 1)) ? id : null;
}

const requestContext = 'sso-request';
const returnContext = 'sso-return';

function signedOf(provider: ConfiguredProvider, content: string): string {
  return JSON.stringify([content, configurationOf(provider)]);
}

/**
 * A digest of what responses are verified with. A login that began with another configuration ends.
 * The keys of this server are no part of it, because their change ends no login.
 */
export function configurationOf({ orgId, record, config, secrets }: ConfiguredProvider): string {
  const facts = [orgId, record.id, record.generation, config, secrets.get(providerSecrets.clientSecret) ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
