import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** A complete PNG of one pixel, and the first bytes of the other types, which identify them. */
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const jpeg = Buffer.from('ffd8ffe000104a464946', 'hex');
const gif = Buffer.from('GIF89a\u0001\u0000\u0001\u0000', 'latin1');

/** The maximum size of an image in bytes. */
const imageBytesMax = 5_000_000;
const anImageOf = (length: number) => Buffer.concat([png, Buffer.alloc(length - png.length)]).toString('base64');

describe("an organization's image", () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, owner);
  });

  const put = (body: unknown, by = owner) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: by.token, body });
  const upload = (bytes: Buffer) => put({ avatarType: 'upload', avatar: bytes.toString('base64') });
  /** Requests an address without credentials and returns the bytes unchanged. */
  async function fetchImage(url: string, method = 'GET') {
    const response = await fetch(url, { method });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  }

  for (const { type, bytes } of [
    { type: 'image/png', bytes: png },
    { type: 'image/jpeg', bytes: jpeg },
    { type: 'image/gif', bytes: gif },
  ]) {
    it(`[5.2] [V5.2.2] has the type ${type} of its upload`, async () => {
      const { status, body } = await upload(bytes);
      assert.equal(status, 200);
      assert.match(body.avatar.avatarUuid, /^[0-9a-f]{32}$/);
      const avatarUrl = `${server.url}/organization-avatar/${body.avatar.avatarUuid}/`;
      assert.deepEqual(body.avatar, { avatarType: 'upload', avatarUuid: body.avatar.avatarUuid, avatarUrl });
      const served = await fetchImage(avatarUrl);
      assert.deepEqual([served.status, served.headers.get('content-type')], [200, type]);
      assert.ok(served.bytes.equals(bytes), 'the image differs from the upload');
    });
  }

  it('[5.2] [V3.2.1] [V5.3.1] can be cached and shown on pages of other origins, and is never executed', async () => {
    const { avatarUrl } = (await upload(png)).body.avatar;
    const { headers } = await fetchImage(avatarUrl);
    assert.deepEqual(
      ['cache-control', 'content-security-policy', 'x-content-type-options', 'cross-origin-resource-policy'].map((name) =>
        headers.get(name),
      ),
      ['public, max-age=86400, immutable', "default-src 'none'; frame-ancestors 'none'; sandbox", 'nosniff', 'cross-origin'],
    );
    const head = await fetchImage(avatarUrl, 'HEAD');
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  });

  it('[5.2] gets another address when it changes, and the earlier address is gone', async () => {
    const first = (await upload(png)).body.avatar;
    const second = (await upload(gif)).body.avatar;
    assert.notEqual(second.avatarUuid, first.avatarUuid);
    assert.equal((await fetchImage(first.avatarUrl)).status, 404);
    assert.equal((await fetchImage(second.avatarUrl)).status, 200);
    for (const name of ['0'.repeat(32), 'x', '%00', first.avatarUuid.toUpperCase()]) {
      assert.equal((await fetchImage(`${server.url}/organization-avatar/${name}/`)).status, 404, name);
    }
  });

  it('[5.2] can be replaced by letters and restored without another upload', async () => {
    const { avatar } = (await upload(png)).body;
    const letters = (await put({ avatarType: 'letter_avatar' })).body;
    assert.deepEqual(letters.avatar, { avatarType: 'letter_avatar', avatarUuid: null, avatarUrl: null });
    assert.deepEqual((await put({ avatarType: 'upload' })).body.avatar, avatar);
  });

  for (const avatar of [null, '']) {
    it(`[5.2] can be removed with ${JSON.stringify(avatar)}, after which its address is 404`, async () => {
      const { avatarUrl } = (await upload(png)).body.avatar;
      const removed = await put({ avatar });
      assert.deepEqual(removed.body.avatar, { avatarType: 'letter_avatar', avatarUuid: null, avatarUrl: null });
      assert.equal((await fetchImage(avatarUrl)).status, 404);
      assert.equal((await put({ avatarType: 'upload' })).status, 400);
      assert.equal(revisionOf(await put({ avatar })), revisionOf(removed));
    });
  }

  it('[W3] creates no revision for the same image', async () => {
    const first = await upload(png);
    const again = await upload(png);
    assert.deepEqual([revisionOf(again), again.body.avatar], [revisionOf(first), first.body.avatar]);
  });

  it('[5.2] has no address without an upload', async () => {
    const missing = { avatarType: ['Cannot set avatarType to upload without avatar'] };
    for (const body of [{ avatarType: 'upload' }, { avatarType: 'upload', avatar: null }, { avatarType: 'upload', avatar: '' }]) {
      const answer = await put(body);
      assert.deepEqual([answer.status, answer.body], [400, missing]);
    }
  });

  for (const { avatar, text } of [
    { avatar: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64'), text: 'Invalid image format.' },
    { avatar: Buffer.from('<html>GIF89a').toString('base64'), text: 'Invalid image format.' },
    { avatar: 'not base64!', text: 'Invalid image format.' },
    { avatar: 5, text: 'Not a valid string.' },
  ]) {
    it(`[5.2] [V1.3.4] rejects ${JSON.stringify(avatar).slice(0, 40)}`, async () => {
      const { status, body } = await put({ avatarType: 'upload', avatar });
      assert.deepEqual([status, body], [400, { avatar: [text] }]);
    });
  }

  it('[5.2, 16] [V5.2.1] has a limit of five million bytes, and only its route accepts a body of that size', async () => {
    assert.equal((await put({ avatarType: 'upload', avatar: anImageOf(imageBytesMax) })).status, 200);
    const tooLarge = await put({ avatarType: 'upload', avatar: anImageOf(imageBytesMax + 1) });
    assert.deepEqual([tooLarge.status, tooLarge.body], [413, { detail: 'Image too large' }]);
    const absurd = await put({ avatarType: 'upload', avatar: anImageOf(imageBytesMax + 1_500_000) });
    assert.deepEqual([absurd.status, absurd.body], [413, { detail: 'Request body is too large.' }]);
    const elsewhere = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
      token: owner.token,
      body: { slug: 'ops', image: anImageOf(1_500_000) },
    });
    assert.deepEqual([elsewhere.status, elsewhere.body], [413, { detail: 'Request body is too large.' }]);
  });

  it('[3.1] stays unread if the caller is not permitted', async () => {
    const stranger = await server.request('PUT', `/api/0/organizations/${org.slug}/`, {
      token: 'sntryu_nobody',
      body: { avatar: anImageOf(imageBytesMax + 1_500_000) },
    });
    assert.equal(stranger.status, 401);
  });

  it('[5.4] requires the right to write the organization', async () => {
    const plain = await aPerson(server);
    await addMember(server, org, plain, 'member');
    assert.equal((await put({ avatarType: 'upload', avatar: png.toString('base64') }, plain)).status, 403);
  });

  it('[5.2] reaches subscribers as an id, without its bytes', async () => {
    const follower = new WireReplica(server.url, owner.token);
    try {
      await follower.subscribe(org.slug);
      const { avatarUuid } = (await upload(png)).body.avatar;
      await eventually(() => assert.equal(follower.state.organization?.avatarUuid, avatarUuid));
      assert.equal(follower.state.organization?.avatarType, 'upload');
      assert.ok(!JSON.stringify(follower.frames).includes(png.toString('base64')), 'a frame contains the image');
    } finally {
      follower.close();
      follower.check();
    }
  });
});
