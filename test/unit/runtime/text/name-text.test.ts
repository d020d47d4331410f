import assert from 'node:assert/strict';
import { findNameFault, quoteName, withoutDomains, withoutJoiners } from '../../../../server/src/runtime/text/name-text.ts';

describe('[H-17] the text of a name', () => {
  it('[H-17] may be in any language, with emoji and with dots', () => {
    const names = [
      'Acme, Inc.',
      'Node.js',
      'Zoë O’Brien',
      '株式会社',
      'علی‌رضا',
      'क्‍ष',
      '👩‍👩‍👧 family',
      '❤️ team',
      'R&D: web/api',
      "a's #1",
      'x://'.slice(0, 2),
    ];
    for (const name of names) assert.equal(findNameFault(name), null, name);
  });

  it('[H-01] can be checked in linear time, for any content', () => {
    // If the time grew with the square of the length, one of these texts would take minutes.
    for (const part of [' ', '\t', '\u200d', 'a\u200d', 'e\u0301', ':', '/'])
      for (const name of [part.repeat(200_000), `a${part.repeat(200_000)}b`]) findNameFault(name);
    assert.equal(findNameFault(' \t\r\n Eve \n'), null);
  });

  it('[H-17] [V1.3.3] has no control character, line break, bidi control, invisible character or scheme', () => {
    const bad = [
      0x00, 0x07, 0x09, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x9f, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x3164, 0xffa0, 0x180e, 0x200b,
      0x200e, 0x200f, 0x2028, 0x2029,
    ];
    const worse = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff, 0xfff9, 0xe0041];
    for (const code of [...bad, ...worse])
      assert.match(findNameFault(`Eve${String.fromCodePoint(code)}l`) ?? '', /not allowed/, code.toString(16));
    for (const name of ['ad\u200dmin', 'ad\u200cmin', 'Adam\u200d', '\u200dAdam', 'a \u200d b'])
      assert.match(findNameFault(name) ?? '', /not allowed/);
    for (const name of ['https://evil.example', 'see HTTPS://x', 'a://b']) assert.match(findNameFault(name) ?? '', /not allowed/);
  });

  it('[H-17] stays unchanged when quoted if nothing in it could become a link', () => {
    for (const name of ['Acme, Inc.', 'Zoë O’Brien', 'a. b', '👩‍👩‍👧 family', 'علی‌رضا']) assert.equal(quoteName(name), name);
  });

  it('[H-17] [V1.3.11] has no invisible character in a mail header, after any of the characters that are quoted', () => {
    for (const name of ['Node.js at a@b.example', 'Team:Ops', 'a//b', 'x：y．z。東｡京', 'a\uff0eb'])
      assert.equal(withoutJoiners(quoteName(name)), name);
    assert.equal(withoutJoiners(quoteName('Eve\u2060l.com')), 'Eve l.com');
    assert.equal(withoutJoiners(quoteName('see https://evil.example')), 'see https: //evil.example');
  });
});

describe('the name of a person that a provider asserts', () => {
  it('[13.17] loses the domains of addresses, and stays otherwise', () => {
    assert.equal(withoutDomains('Ann Lee'), 'Ann Lee');
    assert.equal(withoutDomains('ann.lee@people.example'), 'ann.lee');
    assert.equal(withoutDomains('Ann ann@a.example@b.example (ops)'), 'Ann ann (ops)');
    assert.equal(withoutDomains('@people.example'), null);
    assert.equal(withoutDomains('Ann ann\uff20a.example ann\ufe6ba.example'), 'Ann ann ann');
    assert.equal(withoutDomains(''), null);
  });
});
