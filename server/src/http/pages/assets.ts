/**
 * The style and the script of all pages, besides the tokens. They are strings, so that the build
 * has no assets to copy.
 */

export const pageStyle = `
body { display: grid; min-height: 100vh; grid-template-rows: auto 1fr; font-size: 15px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center; justify-content: space-between; padding: 20px 24px; }
header > a { display: inline-flex; align-items: center; gap: 9px; color: var(--text); font-weight: 650; font-size: 16px; text-decoration: none; letter-spacing: -.01em; }
header .account { font-size: 14px; }
header .account a { margin-left: 12px; }
main { justify-self: center; width: min(100% - 32px, 400px); margin: clamp(8px, 9vh, 96px) 0 48px; align-self: start; padding: 32px;
  background: var(--surface); border: 1px solid var(--border); border-radius: var(--radius-large); box-shadow: var(--shadow); }
h1 { margin: 0 0 4px; font-size: 21px; line-height: 1.3; letter-spacing: -.015em; overflow-wrap: anywhere; }
p { margin: 0; color: var(--text-soft); overflow-wrap: anywhere; }
form { margin-top: 24px; }
label { display: block; margin: 0 0 16px; font-weight: 550; font-size: 14px; }
label[hidden] { display: none; }
input, select { display: block; width: 100%; height: 40px; margin-top: 6px; padding: 0 12px; border: 1px solid var(--border-strong); border-radius: var(--radius);
  background: var(--surface); color: var(--text); font: inherit; font-weight: 400; font-size: 15px; }
label.choice { display: flex; gap: 10px; align-items: flex-start; font-weight: 400; }
label.choice input { flex: none; width: 18px; height: 18px; margin: 2px 0 0; padding: 0; accent-color: var(--accent); }
button { width: 100%; min-height: 40px; margin-top: 4px; padding: 8px 12px; overflow-wrap: anywhere; border: 0; border-radius: var(--radius); background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
button:hover { background: var(--accent-hover); }
button:disabled { opacity: .6; cursor: default; }
button[hidden] { display: none; }
button.other { margin-top: 12px; border: 1px solid var(--border-strong); background: var(--surface); color: var(--text); }
button.other:hover { background: var(--sunken); }
a { color: var(--accent-text); }
main > p + p, main > form + p { margin-top: 16px; }
#status:empty { margin: 0; }
#status:not(:empty) { margin-top: 16px; padding: 10px 12px; border-radius: var(--radius); background: var(--sunken); color: var(--text); }
#status[data-failed]:not(:empty) { background: var(--bad-soft); color: var(--bad-text); }
@media (max-width: 480px) { main { padding: 24px 20px; } }
`;

/**
 * Sends a form as JSON, shows the API's errors, and shows the field for the authentication code if
 * the API requires one.
 */
export const pageScript = `
'use strict';
const form = document.querySelector('form[data-api]');
const status = document.getElementById('status');

// What users read for texts of the API that the REST contract fixes.
const friendlyTexts = [
  [/^Invalid username or password\\.$/, 'Wrong email or password.'],
  [/^Ensure this field has at least (\\d+) characters\\.$/, 'Use at least $1 characters.'],
  [/^Ensure this field has no more than (\\d+) characters\\.$/, 'Use at most $1 characters.'],
  [/^A user with this email already exists\\.$/, 'An account with this email already exists. Log in instead.'],
  [/^(Invalid invite code|unable to accept organization invite)$/, 'This invitation is no longer valid. Ask for a new one.'],
];

function friendly(text) {
  const found = friendlyTexts.find(([pattern]) => pattern.test(text));
  return found ? text.replace(...found) : text;
}

function textOf(body) {
  const detail = body.detail;
  if (typeof detail === 'string') return friendly(detail);
  if (detail && detail.message) return friendly(detail.message);
  const texts = Object.values(body).flat().filter((text) => typeof text === 'string');
  return texts.map(friendly).join(' ') || 'Something went wrong. Try again.';
}

function linkOf() {
  const [id, token] = location.hash.slice(1).split('.');
  return { id: id || '', token: token || '' };
}

function nextOf() {
  if ('takesNext' in form.dataset && location.hash.length > 1) {
    try {
      const url = new URL(decodeURIComponent(location.hash.slice(1)), location.origin);
      if (url.origin === location.origin) return url.href;
    } catch {
      // Not an address of this origin: use the page's own next address.
    }
  }
  return form.dataset.next;
}

function show(code, body, sent) {
  status.dataset.failed = '';
  status.textContent = textOf(body);
  if (body.detail && body.detail.code === '2fa-required') {
    const field = form.querySelector('[data-field="otp"]');
    if (field) {
      // The first time, this is a step of the login and not a failure.
      if (field.hidden) delete status.dataset.failed;
      const types = (body.detail.extra || {}).types || ['totp'];
      const step = types.includes('totp') ? 'Enter the code from your authenticator app.' : 'Use your passkey, or enter a recovery code.';
      const isOfPasskey = sent && sent.passkey;
      if (!isOfPasskey) status.textContent = field.hidden ? step : 'This code is wrong or was already used.';
      field.hidden = false;
      field.querySelector('input').focus();
    }
  }
  if (code === 401 && 'takesLink' in form.dataset) {
    const login = document.createElement('a');
    // The address contains a token, so it goes into the fragment. Servers and proxies log queries.
    login.href = '/login/#' + encodeURIComponent(location.pathname + location.hash);
    login.textContent = 'Log in first';
    status.replaceChildren(login);
  }
}

const plainForm = document.querySelector('form[data-keeps-fragment]');
plainForm?.addEventListener('submit', () => {
  plainForm.action = plainForm.getAttribute('action') + location.hash;
});

const linkForm = document.querySelector('form[data-sends-fragment]');
function sendFragment() {
  const { sendsFragment, incomplete } = linkForm.dataset;
  const link = location.hash.slice(1);
  if (/^[0-9]+[.][A-Za-z0-9_-]+$/.test(link)) {
    linkForm.elements.namedItem(sendsFragment).value = link;
    linkForm.submit();
    return;
  }
  status.dataset.failed = '';
  status.textContent = incomplete;
}
if (linkForm) {
  sendFragment();
  // Another link may be opened in the same tab, which loads nothing.
  window.addEventListener('hashchange', sendFragment);
}

function finish() {
  const next = nextOf();
  if (next) return location.assign(next);
  form.hidden = true;
  status.textContent = form.dataset.done;
}

function fail(text) {
  status.dataset.failed = '';
  status.textContent = text;
}

const post = (api, body) =>
  fetch(api, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

const passkeyButton = document.querySelector('button[data-passkey]');
if (passkeyButton && window.PublicKeyCredential?.parseRequestOptionsFromJSON) passkeyButton.hidden = false;
// After the password, the passkey is the second step of the same login.
function passkeyLogin(passkey) {
  const isSecondStep = form.querySelector('[data-field="otp"]')?.hidden === false;
  if (!isSecondStep) return [passkeyButton.dataset.passkey + 'login/', { passkey }];
  const { username, password } = Object.fromEntries(new FormData(form));
  return [form.dataset.api, { username, password, passkey }];
}
passkeyButton?.addEventListener('click', async () => {
  passkeyButton.disabled = true;
  status.textContent = '';
  delete status.dataset.failed;
  const api = passkeyButton.dataset.passkey;
  try {
    const begun = await post(api, {});
    if (!begun.ok) return fail(textOf(await begun.json().catch(() => ({}))));
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await begun.json());
    const passkey = await navigator.credentials.get({ publicKey }).catch((error) => {
      // Browsers give no other reason, so that pages can't find out which passkeys exist.
      if (error.name === 'NotAllowedError') fail('No passkey was used. Try again, or log in with your password.');
      else fail('Your browser could not use a passkey here. Log in with your password.');
      return null;
    });
    if (!passkey) return;
    const [path, body] = passkeyLogin(passkey.toJSON());
    const response = await post(path, body);
    if (!response.ok) return show(response.status, await response.json().catch(() => ({})), body);
    finish();
  } catch {
    fail('Couldn’t reach the server. Try again.');
  } finally {
    passkeyButton.disabled = false;
  }
});

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = '';
  delete status.dataset.failed;
  const filled = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
  const body = 'takesLink' in form.dataset ? { ...linkOf(), ...filled } : filled;
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(form.dataset.api, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) return show(response.status, await response.json().catch(() => ({})));
    const { thenApi, thenNext } = form.dataset;
    if (thenApi) {
      const hidden = [...form.querySelectorAll('input[type="hidden"]')].map(({ name, value }) => [name, value]);
      const repeated = JSON.stringify(Object.fromEntries(hidden));
      const second = await fetch(thenApi, { method: 'POST', headers, body: repeated }).catch(() => null);
      if (second?.ok) return location.assign(thenNext);
    }
    finish();
  } catch {
    fail('Couldn’t reach the server. Try again.');
  } finally {
    button.disabled = false;
  }
});
`;
