import assert from 'node:assert/strict';
import { generate } from 'selfsigned';
import { certificatesSweep } from '../../../server/src/features/single-sign-on/commands/provider/certificates-sweep.ts';
import type { WriteQueue } from '../../../server/src/write-path/write-queue.ts';
import { configureProvider, idpCertificate, oidcConfig, putProvider, samlConfig } from '../../support/auth-providers.ts';
import { eventually } from '../../support/eventually.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, aPerson } from '../../support/provision.ts';
import { startSmtp, type TestSmtp } from '../../support/smtp.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const saml = { key: 'saml2', config: samlConfig } as const;

describe('the warnings before the certificate of an identity provider ends', () => {
  let smtp: TestSmtp;
  let instances: Instances;
  let org: OrgWithOwner;

  before(async () => {
    smtp = await startSmtp();
    instances = await startInstances(2, { environment: { SMTP_URL: smtp.url, MAIL_FROM: 'Rollcall <rollcall@example.com>' } });
  });
  after(async () => {
    await instances?.stop();
    await smtp?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(instances.servers[0]!);
  });

  /** Runs the sweep of all instances twice at once, at a time before the end of the certificate. */
  async function sweepBefore(days: number, notAfter: string = idpCertificate.notAfter): Promise<void> {
    const at = new Date(Date.parse(notAfter) - days * dayMs);
    const sweeps = [...instances.servers, ...instances.servers].map(({ services }) =>
      certificatesSweep(services.writePath, () => at).run(),
    );
    await Promise.all(sweeps);
  }

  /** The subjects of the warnings to an address, once all queued mail was sent. */
  async function subjectsTo(address: string): Promise<string[]> {
    const { db } = instances.servers[0]!.services;
    await eventually(async () => assert.deepEqual(await db.selectFrom('mail_outbox').select('template').execute(), []));
    const mails = smtp.received.filter(({ recipients }) => recipients.includes(address));
    return mails.map(({ subject }) => subject!).filter((subject) => subject.startsWith('The certificate of'));
  }

  it('[13.4] reach each owner once 30, 7 and 1 days before, also with several instances', async () => {
    const [server] = instances.servers;
    const other = await aPerson(server!);
    await addMember(server!, org, other, 'owner');
    const member = await aPerson(server!);
    await addMember(server!, org, member, 'member');
    await configureProvider(server!, org, saml);
    for (const [days, count] of [
      [30.1, 0],
      [30, 1],
      [7.1, 1],
      [6.9, 2],
      [2, 2],
      [1, 3],
      [0.1, 3],
      [0, 3],
      [-1, 3],
    ] as const) {
      await sweepBefore(days);
      assert.equal((await subjectsTo(org.owner.email)).length, count, `${days} days before the end`);
    }
    assert.equal((await subjectsTo(other.email)).length, 3);
    assert.deepEqual(await subjectsTo(member.email), []);
    const mail = smtp.received.find(({ recipients }) => recipients.includes(other.email))!;
    assert.match(mail.subject!, /expires on 2036-11-24$/);
    assert.match(mail.text!, new RegExp(`\nhttp://127.0.0.1:[0-9]+/organizations/${org.slug}/single-sign-on/\n`));
  });

  it('[13.4] cause no further command after they were sent', async () => {
    const { writePath } = instances.servers[0]!.services;
    await configureProvider(instances.servers[0]!, org, saml);
    const isDue = async (days: number) => {
      const locked: string[] = [];
      const writeQueue = { run: (orgId: string) => Promise.reject(locked.push(orgId)) } as unknown as WriteQueue;
      await certificatesSweep({ ...writePath, writeQueue }, () => new Date(Date.parse(idpCertificate.notAfter) - days * dayMs)).run();
      return locked.includes(org.id);
    };
    assert.equal(await isDue(6), true);
    await sweepBefore(6);
    assert.equal(await isDue(5), false);
    assert.equal(await isDue(1), true);
  });

  it('[13.4] send one mail instead of three when the first comes late', async () => {
    await configureProvider(instances.servers[0]!, org, saml);
    await sweepBefore(0.5);
    await sweepBefore(0.4);
    assert.equal((await subjectsTo(org.owner.email)).length, 1);
  });

  it('[13.4] do not exist for a draft, a removed organization, or a provider without certificates', async () => {
    const [server] = instances.servers;
    await configureProvider(server!, org, { ...saml, isActive: false });
    const removed = await anOrgWithOwner(server!);
    await configureProvider(server!, removed, saml);
    const removal = await server!.request('DELETE', `/api/0/organizations/${removed.slug}/`, { cookie: removed.cookie });
    assert.equal(removal.status, 202, JSON.stringify(removal.body));
    const oidc = await anOrgWithOwner(server!);
    await configureProvider(server!, oidc, { config: oidcConfig });
    await sweepBefore(1);
    for (const { owner } of [org, removed, oidc]) assert.deepEqual(await subjectsTo(owner.email), []);
  });

  it('[13.4] concern only the certificate that is valid longest, and begin again for its successor', async () => {
    const [server] = instances.servers;
    const notAfterDate = new Date(Date.parse(idpCertificate.notAfter) + 20 * dayMs);
    const later = await generate([{ name: 'commonName', value: 'idp' }], { keySize: 2048, algorithm: 'sha256', notAfterDate });
    await configureProvider(server!, org, saml);
    await sweepBefore(7);
    await putProvider(server!, org, { config: { ...samlConfig, x509certs: [idpCertificate.base64, later.cert] } });
    await sweepBefore(1);
    // The successor ends 21 days later.
    assert.equal((await subjectsTo(org.owner.email)).length, 2);
    await sweepBefore(7, notAfterDate.toISOString());
    const subjects = await subjectsTo(org.owner.email);
    assert.equal(subjects.length, 3);
    assert.match(subjects.at(-1)!, new RegExp(`expires on ${notAfterDate.toISOString().slice(0, 10)}$`));
  });
});
