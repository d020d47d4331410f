import assert from 'node:assert/strict';
import { type ArchiveLine, anExport, fileOf, importFile, linesOf } from '../support/archives.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { startServer, type TestServer } from '../support/server.ts';

const importedKinds = ['organization', 'member', 'team', 'team-member', 'project', 'project-team', 'project-key', 'project-settings'];
const hostileValues = [
  '',
  '12345',
  'x'.repeat(300_000),
  '2026-02-31T00:00:00.000000Z',
  '0000-01-01T00:00:00.000000Z',
  { window: -1, count: 2 ** 53 - 1 },
  1e300,
  null,
];

/**
 * The paths of all values in a record. It leaves out the `options` of a project, which are many and
 * are all parsed in the same way.
 */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([key, below]) => (key === 'options' ? [] : pathsOf(below, [...path, key])))];
}

function replaced(value: ArchiveLine, path: readonly string[], by: unknown): ArchiveLine {
  const [key, ...rest] = path;
  return key === undefined ? by : { ...value, [key]: replaced(value[key], rest, by) };
}

describe('hostile files of organizations', function () {
  this.timeout(120_000);
  let server: TestServer;
  let org: OrgWithOwner;
  let lines: ArchiveLine[];

  before(async () => {
    server = await startServer();
    org = await anOrgWithOwner(server);
    const call = async (path: string, body: object) => {
      const answer = await server.request('POST', `/api/0${path}`, { cookie: org.cookie, body });
      assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
    };
    await call(`/organizations/${org.slug}/teams/`, { slug: 'web', name: 'Web' });
    await call(`/organizations/${org.slug}/members/`, { email: 'invited@example.com', orgRole: 'member', teams: ['web'] });
    await call(`/teams/${org.slug}/web/projects/`, { name: 'Frontend', slug: 'frontend', platform: 'node' });
    const set = await server.request('PUT', `/api/0/projects/${org.slug}/frontend/`, { cookie: org.cookie, body: { subjectPrefix: 'A' } });
    assert.equal(set.status, 200);
    lines = linesOf(await anExport(server, org.id))
      .slice(0, -1)
      .filter((line) => !('audit' in line));
    const { audit: _, ...counts } = lines[0].counts;
    lines[0] = { ...lines[0], counts };
  });
  after(() => server?.stop());

  const lineOf = (kind: string) => lines.findIndex((line) => line.kind === kind);
  /** Imports the file with one value replaced. */
  async function importWith(kind: string, path: readonly string[], value: unknown) {
    const at = lineOf(kind);
    assert.ok(at > 0, `the file has no ${kind}`);
    const changed = lines.with(at, replaced(lines[at], ['record', ...path], value));
    // The slug is in use after the first import, and only 50 numbers are tried.
    const keepsSlug = kind === 'organization' && (path.length === 0 || path[0] === 'slug');
    if (!keepsSlug) changed[1] = replaced(changed[1], ['record', 'slug'], `import-${imports++}`);
    return importFile(server, fileOf(changed), org.owner.userId);
  }
  let imports = 0;

  it('[13.16] [S-57] [V1.5.2] create an organization or get 400 for each value of each field', async () => {
    const wrong: string[] = [];
    for (const kind of importedKinds) {
      for (const path of pathsOf(lines[lineOf(kind)].record)) {
        for (const value of hostileValues) {
          const { status } = await importWith(kind, path, value);
          if (status !== 201 && status !== 400) wrong.push(`${status} ${kind}.${path.join('.')} = ${JSON.stringify(value).slice(0, 40)}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('[13.16] [S-57] get 400 for a slug of digits, several addresses in one, and a time that does not exist', async () => {
    const refused = async (kind: string, field: string, value: string) => {
      const { status, body } = await importWith(kind, field.split('.'), value);
      assert.equal(status, 400, `${kind}.${field} = ${value}`);
      return body.detail.replace(/^Line \d+: /, '');
    };
    assert.equal(await refused('team', 'slug', '12345'), 'slug: it is not a valid slug.');
    assert.equal(await refused('project', 'slug', '../web'), 'slug: it is not a valid slug.');
    assert.equal(await refused('member', 'user.email', 'a@example.com, b@example.com'), 'email: it is not a valid address.');
    assert.equal(await refused('member', 'email', 'a@example.com\r\nBcc: b@example.com'), 'email: it is not a valid address.');
    assert.equal(await refused('project-key', 'dateCreated', '2026-02-31T00:00:00.000000Z'), 'dateCreated: there is no such time.');
  });

  it('[13.16] [S-57] get 400 for more kinds of lines than any version has', async () => {
    const unknown = Array.from({ length: 200 }, (_, index) => ({ kind: `kind-${index}`, id: '1', record: { id: '1' } }));
    const { status, body } = await importFile(server, fileOf([...lines, ...unknown]), org.owner.userId);
    assert.deepEqual([status, body.detail.replace(/^Line \d+: /, '')], [400, 'the file has more than 100 kinds of lines.']);
  });

  it('[13.16] [S-57] get 413 for records that do not fit into memory', async () => {
    const { record } = lines[lineOf('team')];
    const teams = Array.from({ length: 70 }, (_, index) => {
      const id = `99${index}`;
      return { kind: 'team', id, record: { ...record, id, slug: `t${index}`, name: 'x'.repeat(2 ** 20) } };
    });
    const { status, body } = await importFile(server, fileOf([...lines, ...teams]), org.owner.userId);
    assert.equal(status, 413, JSON.stringify(body));
  });

  it('[13.16] [S-57] get 413 for a record of megabytes, which would block the event loop', async () => {
    const { record } = lines[lineOf('team')];
    const long = { kind: 'team', id: '98', record: { ...record, id: '98', slug: 'long', name: 'x'.repeat(2 ** 22) } };
    const { status, body } = await importFile(server, fileOf([...lines, long]), org.owner.userId);
    assert.deepEqual([status, body.detail.replace(/^Line \d+: /, '')], [413, 'a record has at most 4194304 bytes.']);
  });

  it('[13.16] [S-57] create an organization without parsing a revision of megabytes, which is not imported', async () => {
    const parse = JSON.parse;
    let longest = 0;
    JSON.parse = (text, reviver) => {
      longest = Math.max(longest, text.length);
      return parse(text, reviver);
    };
    try {
      const changes = Array.from({ length: 2_000_000 }, () => ({}));
      const counted = { ...lines[0], counts: { ...lines[0].counts, entry: 1 } };
      const renamed = lines.map((line, at) => (at === 1 ? replaced(line, ['record', 'slug'], `import-${imports++}`) : line));
      const file = fileOf([counted, ...renamed.slice(1), { entry: { revision: 1, changes } }]);
      const { status, body } = await importFile(server, file, org.owner.userId);
      assert.deepEqual([status, body.skipped?.entry], [201, 1], JSON.stringify(body));
    } finally {
      JSON.parse = parse;
    }
    assert.ok(longest > 0 && longest < 1_000_000, `${longest} characters were parsed at once`);
  });
});
