import assert from 'node:assert/strict';
import { NoticeCodec } from '../../../../server/src/bus/notice-codec.ts';
import { KnownDevices } from '../../../../server/src/identity/passwords/known-devices.ts';
import { tokenDeriver } from '../../../../server/src/runtime/secrets/derived-tokens.ts';
import { KeyRing, keyIdOf } from '../../../../server/src/runtime/secrets/key-ring.ts';
import { decryptSecret, digestSecret, encryptSecret, isSigned, signText } from '../../../../server/src/runtime/secrets/secrets-at-rest.ts';

const [a, b] = ['a'.repeat(32), 'b'.repeat(32)];
const context = 'totp 12';

/** The rings of a rotation from `a` to `b`, with the key that is in use. */
function ringsWith(current: string) {
  const former = new KeyRing(a);
  const rotated = new KeyRing(b, a);
  const after = new KeyRing(b);
  const state = { current: keyIdOf(current), first: keyIdOf(a), lasting: former.lasting };
  for (const ring of [rotated, ...(current === a ? [former] : [after])]) ring.use(state);
  return { former, rotated, after };
}

describe('the keys of a rotation of SECRET', () => {
  it('[V11.2.2] name themselves in each text that they encrypt, by an id that reveals nothing', () => {
    const stored = encryptSecret(new KeyRing(a), context, 'plain');
    assert.match(stored, /^[\w-]+=2-[0-9a-f]{16}$/);
    assert.ok(stored.endsWith(`=2-${keyIdOf(a)}`));
    assert.notEqual(keyIdOf(a), keyIdOf(b));
    assert.ok(!a.includes(keyIdOf(a)));
  });

  it('encrypt with the former one until the database names the new one', () => {
    const before = ringsWith(a);
    const stored = encryptSecret(before.rotated, context, 'plain');
    assert.equal(decryptSecret(before.former, context, stored), 'plain', 'an instance that was not restarted');
    const during = ringsWith(b);
    assert.equal(decryptSecret(during.rotated, context, stored), 'plain');
    const again = encryptSecret(during.rotated, context, 'plain');
    assert.equal(decryptSecret(during.after, context, again), 'plain');
    assert.throws(() => decryptSecret(during.after, context, stored), /Neither SECRET nor SECRET_PREVIOUS/);
  });

  it('open texts of earlier releases, which name no key', () => {
    const { former, rotated, after } = ringsWith(b);
    const [text] = encryptSecret(new KeyRing(a), context, 'plain').split('=');
    for (const ring of [former, rotated]) assert.equal(decryptSecret(ring, context, text!), 'plain');
    assert.throws(() => decryptSecret(after, context, text!));
    for (const garbage of ['', 'A', `${text}=2-${keyIdOf(b)}`, `${text}=3-${keyIdOf(a)}`, `${text}=2-`])
      assert.throws(() => decryptSecret(rotated, context, garbage), garbage);
  });

  it('write texts that instances of earlier releases read', () => {
    for (let length = 0; length < 8; length++) {
      const [text, suffix] = encryptSecret(new KeyRing(a), context, 'x'.repeat(length)).split('=');
      assert.deepEqual(Buffer.from(`${text}=${suffix}`, 'base64url'), Buffer.from(text!, 'base64url'));
    }
  });

  it('keep stored digests and the names of erased users as they are', () => {
    const { former, rotated, after } = ringsWith(b);
    for (const ring of [rotated, after]) {
      assert.equal(digestSecret(ring, 'recovery 12', 'code'), digestSecret(former, 'recovery 12', 'code'));
      const derive = tokenDeriver(ring);
      assert.equal(derive('erased-name', 'email', 'ada@example.com'), tokenDeriver(former)('erased-name', 'email', 'ada@example.com'));
    }
  });

  it('sign with the one in use, and accept both', () => {
    const { former, rotated, after } = ringsWith(b);
    const [byFormer, byRotated] = [signText(former, context, 'text'), signText(rotated, context, 'text')];
    assert.notEqual(byFormer, byRotated);
    for (const signature of [byFormer, byRotated]) assert.equal(isSigned(rotated, context, 'text', signature), true);
    assert.equal(isSigned(after, context, 'text', byRotated), true);
    for (const forged of [byFormer, '', byRotated.slice(1), `${byRotated}0`]) assert.equal(isSigned(after, context, 'text', forged), false);
  });

  it('recognize browsers until the former one is removed', () => {
    const { former, rotated, after } = ringsWith(b);
    const login = { userId: '1', passwordHash: 'hash' };
    const headerOf = (ring: KeyRing) => new KnownDevices('http://localhost', ring).write(undefined, login).split(';')[0];
    const reads = (ring: KeyRing, header: string | undefined) => new KnownDevices('http://localhost', ring).read(header, login) !== null;
    assert.deepEqual(
      [reads(rotated, headerOf(former)), reads(after, headerOf(rotated)), reads(after, headerOf(former))],
      [true, true, false],
    );
  });

  it('write the mails that were queued with the former one', () => {
    const before = tokenDeriver(ringsWith(a).rotated);
    const nonce = before.newNonce();
    const token = before('invite', '7', nonce);
    const { rotated, after } = ringsWith(b);
    assert.equal(tokenDeriver(rotated)('invite', '7', nonce), token);
    assert.equal(
      tokenDeriver(rotated)('invite', '7', 'from an earlier release'),
      tokenDeriver(new KeyRing(a))('invite', '7', 'from an earlier release'),
    );
    assert.deepEqual([nonce, 'from an earlier release'].map(tokenDeriver(after).canDerive), [false, false]);
    assert.throws(() => tokenDeriver(after)('invite', '7', nonce), /Neither SECRET nor SECRET_PREVIOUS/);
  });

  it('authenticate the messages of instances with either of them, on the same channels', () => {
    const codecOf = (ring: KeyRing) => new NoticeCodec(ring, 'sender', Date.now);
    const send = (from: KeyRing, to: KeyRing) => {
      const [sender, receiver] = [codecOf(from), codecOf(to)];
      const channel = receiver.channelOf('7');
      return receiver.decodeNotice(channel, sender.encodeNotice({ orgId: '7', revision: 5, chain: 'c' })) !== null;
    };
    const before = ringsWith(a);
    assert.ok(send(before.former, before.rotated) && send(before.rotated, before.former), 'before the switch');
    // Instances learn of the switch one after the other.
    const { rotated, after } = ringsWith(b);
    assert.ok(send(before.rotated, rotated) && send(rotated, before.rotated), 'during the switch');
    assert.ok(send(rotated, after) && send(after, rotated), 'while SECRET_PREVIOUS is removed');
    assert.equal(send(before.former, after), false, 'after it');
  });

  it('encrypt nothing on an instance that lacks the one in use', () => {
    const ring = new KeyRing(a);
    const stored = encryptSecret(ring, context, 'plain');
    ring.refuse('SECRET is another one.');
    assert.throws(() => encryptSecret(ring, context, 'plain'), /SECRET is another one/);
    assert.throws(() => tokenDeriver(ring).newNonce(), /SECRET is another one/);
    assert.equal(decryptSecret(ring, context, stored), 'plain');
    assert.throws(() => ring.use({ ...{ current: keyIdOf(b), first: keyIdOf(b) }, lasting: ring.lasting }), /Neither SECRET/);
  });
});
