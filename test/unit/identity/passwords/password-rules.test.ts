import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { findPasswordFault } from '../../../../server/src/identity/passwords/password-rules.ts';

describe('findPasswordFault', () => {
  const known = ['Rollcall', 'id.acme-corp.example', 'Ada María Lovelace', 'ada.lovelace@engines.example'];
  const common = /^This password is one of the most common ones\. Choose another one\.$/;
  const guessable = /^This password is a name or an address that others know\. Choose another one\.$/;

  it('[V6.2.4] refuses the most common passwords, in any case and form', () => {
    for (const password of ['password', '12345678', 'PASSWORD1', 'Iloveyou', 'qwertyuiop', '\uff50assword'])
      assert.match(findPasswordFault(password, [])!, common, password);
  });

  it('[V6.2.4] refuses one short unit that is repeated, sequences, and spaces around a common password', () => {
    for (const password of ['00000000', 'aaaaaaaa', '12341234', '123123123', 'abababab', '87654321', 'abcdefghi', ' password '])
      assert.match(findPasswordFault(password, [])!, common, password);
    for (const password of ['stapler stapler', 'abcdefgi', '13579bdf']) assert.equal(findPasswordFault(password, []), null, password);
  });

  it('knows 10,000 of them that are long enough to be set, and none that is only a comment', () => {
    const lines = readFileSync('server/common-passwords.txt', 'utf8').split('\n').slice(0, -1);
    const passwords = lines.filter((line) => !line.startsWith('#'));
    assert.equal(new Set(passwords).size, 10_000);
    assert.ok(passwords.every((one) => [...one].length >= 8 && one === one.normalize('NFKC').toLowerCase()));
    assert.ok(lines.some((line) => line.includes('Permission is hereby granted, free of charge')));
    assert.equal(findPasswordFault(lines[0]!, []), null);
  });

  it('[V6.2.11] refuses names and addresses of the user and of the server, also with digits and signs around them', () => {
    for (const password of [
      'Rollcall',
      'rollcall2026!',
      '123Rollcall',
      'ROLL-CALL!!',
      'acme-corp',
      'AcmeCorp2026',
      'lovelace',
      'Lovelace1815',
      'adamaríalovelace',
      'Ada Maria Lovelace'.replace('Maria', 'María'),
      'ada.lovelace@engines.example',
      'adalovelace7',
      'engines!!!',
      'id.acme-corp.example',
    ])
      assert.match(findPasswordFault(password, known) ?? 'accepted', guessable, password);
    const numbered = ['Studio54', 'id.acme365.example', 'ada1815@engines.example'];
    for (const password of ['Studio54-2026', 'studio!!', 'Acme365!2026', 'ada18152026', '99-ada1815'])
      assert.match(findPasswordFault(password, numbered) ?? 'accepted', guessable, password);
  });

  it('accepts other passwords, also with such a word in them', () => {
    for (const password of [
      'correct horse battery staple',
      'lovelace wrote engines',
      'rollcall-of-99-owls',
      '\u{1f600}\u{1f680}\u{1f431}\u{1f355}\u{1f600}\u{1f3b8}\u{1f30d}\u{2600}',
    ])
      assert.equal(findPasswordFault(password, known), null, password);
    assert.equal(findPasswordFault('.,;:!?-_', ['']), null, 'no empty word');
  });
});
