/** What all pages share. Plain text here, so that the build has no assets to copy. */

export const pageStyle = `
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { margin: 10vh auto; padding: 0 24px; max-width: 24em; }
h1 { font-size: 1.4em; }
label { display: block; margin: 12px 0; }
label[hidden] { display: none; }
input { display: block; box-sizing: border-box; width: 100%; margin-top: 4px; padding: 8px; font: inherit; }
button { padding: 8px 16px; font: inherit; }
`;

/** Sends a form as JSON, shows what the API says, and asks for the second factor when the API does. */
export const pageScript = `
'use strict';
const form = document.querySelector('form[data-api]');
const status = document.getElementById('status');

function textOf(answer) {
  const detail = answer.detail;
  if (typeof detail === 'string') return detail;
  if (detail && detail.message) return detail.message;
  return Object.values(answer).flat().filter((text) => typeof text === 'string').join(' ') || 'That did not work.';
}

function linkOf() {
  const [id, token] = location.hash.slice(1).split('.');
  return { id: id || '', token: token || '' };
}

function show(code, answer) {
  status.textContent = textOf(answer);
  if (answer.detail && answer.detail.code === '2fa-required') {
    const field = form.querySelector('[data-field="otp"]');
    if (field) { field.hidden = false; field.querySelector('input').focus(); }
  }
  if (code === 401 && 'takesLink' in form.dataset) {
    const login = document.createElement('a');
    login.href = '/login/?next=' + encodeURIComponent(location.pathname + location.hash);
    login.textContent = 'Log in first';
    status.replaceChildren(login);
  }
}

form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = '';
  const filled = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));
  const body = 'takesLink' in form.dataset ? { ...linkOf(), ...filled } : filled;
  try {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(form.dataset.api, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) return show(response.status, await response.json().catch(() => ({})));
    if (form.dataset.next) return location.assign(form.dataset.next);
    form.hidden = true;
    status.textContent = form.dataset.done;
  } catch {
    status.textContent = 'The server could not be reached.';
  } finally {
    button.disabled = false;
  }
});
`;
