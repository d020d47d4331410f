import { OrgError, type PasskeyRequest, type PasskeyResponse, type PasskeySetup } from '@rollcall/client';

/** The browser has used no passkey. The message is for the user. */
export class PasskeyError extends OrgError {}

/** Returns why this page can't use passkeys. Null if it can. */
export function whyNoPasskeys(): string | null {
  const { hostname } = location;
  if (/^[\d.]+$/.test(hostname) || hostname.startsWith('[')) {
    return 'Browsers refuse passkeys at an IP address. Open this page by its host name, such as http://localhost:4000.';
  }
  if (!window.isSecureContext) return 'Browsers allow passkeys only over https.';
  if (!('PublicKeyCredential' in window && 'parseCreationOptionsFromJSON' in PublicKeyCredential)) {
    return 'This browser doesn’t support passkeys. Update it, or use another one.';
  }
  return null;
}

/** Creates a passkey. @throws PasskeyError */
export function createPasskey(setup: PasskeySetup): Promise<PasskeyResponse> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(setup as PublicKeyCredentialCreationOptionsJSON);
  return responseOf(navigator.credentials.create({ publicKey }));
}

/** Signs with a passkey. @throws PasskeyError */
export function signWithPasskey(request: PasskeyRequest): Promise<PasskeyResponse> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(request as PublicKeyCredentialRequestOptionsJSON);
  return responseOf(navigator.credentials.get({ publicKey }));
}

async function responseOf(pending: Promise<Credential | null>): Promise<PasskeyResponse> {
  try {
    return ((await pending) as PublicKeyCredential).toJSON();
  } catch (error) {
    throw new PasskeyError('invalid', textOf(error));
  }
}

/** Browsers give few reasons, so that pages can't find out which passkeys exist. */
function textOf(error: unknown): string {
  const { name } = error as { readonly name?: string };
  if (name === 'InvalidStateError') return 'This device already has a passkey of your account.';
  if (name === 'NotAllowedError') return 'No passkey was used. Try again.';
  if (name === 'SecurityError') return 'Passkeys work only at the server’s own address.';
  return 'Your browser could not use a passkey here.';
}
