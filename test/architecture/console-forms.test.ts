import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../support/source-files.ts';

const root = path.join(repository, 'dashboard/src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tsx'))
  .map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));

/** The forms that ask nothing before they are left, with the reason. */
const withoutQuestion: Readonly<Record<string, string>> = {
  'kit/confirm.tsx': 'it confirms an action, and contains at most a text that the dialog shows',
  'live/form-dialog.tsx': 'the dialog asks itself, before it is closed too',
  'pages/account/totp-dialog.tsx': 'its only field is a code that expires in seconds',
  'pages/operations/operations-page.tsx': 'its only field is a token that operators copy from elsewhere',
  'session/sudo-dialog.tsx': 'its only field is the password',
};
/** The forms that the browser test below does not open. */
const untested: Readonly<Record<string, string>> = {
  'private channel': 'it needs a Slack workspace',
};

describe('the forms of the console', () => {
  it('use the component that asks before unsaved changes are discarded', () => {
    const bare = files.filter(({ name, text }) => /<form\b/.test(text) && name !== 'kit/form.tsx').map(({ name }) => name);
    assert.deepEqual(bare, [], 'use `Form` of dashboard/src/kit');
    const silent = files.filter(({ text }) => /<Form\b[^>]*\sunsaved=\{null\}/.test(text)).map(({ name }) => name);
    assert.deepEqual(silent.sort(), Object.keys(withoutQuestion).sort(), 'list a form that asks nothing above, with the reason');
  });

  it('ask while their request runs too', () => {
    const silent = files.filter(({ text }) => /(unsaved=\{|useLeaveQuestion\()[^}]*!(\w+\.)?isBusy/.test(text)).map(({ name }) => name);
    assert.deepEqual(silent, [], 'hand `isBusy` to `Form`, which then asks another question');
  });

  it('each form is opened by a browser test of unsaved changes', () => {
    const test = readFileSync(path.join(repository, 'test/e2e/unsaved-changes.test.ts'), 'utf8');
    const names = files.flatMap(({ text }) =>
      [...text.matchAll(/(?:unsaved=\{[^}]*\? |discardChangesTo\()'([^']+)'/g)].map(([, name]) => name!),
    );
    assert.ok(names.length >= 7, `the forms were found: ${names}`);
    const missing = names.filter((name) => !test.includes(`'${name}'`) && !(name in untested));
    assert.deepEqual(missing, [], 'add the form to test/e2e/unsaved-changes.test.ts');
  });
});

describe('the secrets that the console shows once', () => {
  it('the dialog of a secret stays open until it is saved', () => {
    const shown = files.filter(({ text }) => /(won’t|can’t) be able to see (it|them|this)|\bisMain\b/.test(text)).map(({ name }) => name);
    const guarded = files.filter(({ text }) => /<(SecretDialog|CopyDialog)\b/.test(text)).map(({ name }) => name);
    const bare = shown.filter((name) => !guarded.includes(name) && !['kit/copy-field.tsx', 'kit/secret-dialog.tsx'].includes(name));
    assert.deepEqual(bare, []);
    assert.ok(guarded.length >= 4, `the dialogs were found: ${guarded}`);
  });
});
