import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { parseConfig } from '../../server/src/config.ts';
import { readSource } from '../support/source-files.ts';
import { variableNames } from '../support/variable-names.ts';

interface Service {
  readonly build?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: object;
}

const compose = parse(readSource('compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const instances = services.filter(([, { build }]) => build !== undefined);
const dockerfile = readSource('Dockerfile');
const nginx = readSource('deploy/nginx.conf');

/** Replaces `${NAME:-default}` and `${NAME:?why}` as compose does. */
function fillIn(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string | undefined, rest: string) => {
    if (values[name]) return values[name];
    assert.notEqual(kind, '?', `${name}: ${rest}`);
    return rest ?? '';
  });
}

function configOf({ environment = {} }: Service, values: Readonly<Record<string, string>>) {
  const filled = Object.entries(environment).map(([name, text]) => [name, fillIn(String(text), values)]);
  return parseConfig({ NODE_ENV: 'production', ...Object.fromEntries(filled) });
}

describe('compose.yaml', () => {
  const secrets = { SECRET: 's'.repeat(64), POSTGRES_PASSWORD: 'letters' };

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
    for (const [, service] of instances) {
      assert.deepEqual(
        Object.keys(service.environment ?? {}).filter((name) => !variableNames.includes(name)),
        [],
      );
      const config = configOf(service, secrets);
      assert.equal(config.databaseUrl, 'postgres://rollcall:letters@postgres:5432/rollcall');
      assert.equal(config.operatorToken, null, 'an empty operator token disables the operator API');
      assert.deepEqual(config.trustedProxies, ['uniquelocal']);
    }
  });

  it('does not start without its secrets', () => {
    for (const missing of Object.keys(secrets)) {
      assert.throws(() => configOf(instances[0]![1], { ...secrets, [missing]: '' }), new RegExp(missing));
    }
  });

  it('waits only for services that exist and have a health check', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        assert.equal(condition, 'service_healthy', `${name} waits for ${needed}`);
        const service = compose.services[needed];
        assert.ok(service, `${name} needs ${needed}, which does not exist`);
        assert.ok(service.healthcheck ?? (service.build && /^HEALTHCHECK /m.test(dockerfile)), `${needed} has no health check`);
      }
    }
  });

  it('has volumes and addresses that match: database, Redis, balancer', () => {
    const { databaseUrl, redisUrls, publicUrl } = configOf(instances[0]![1], secrets);
    for (const url of [databaseUrl, ...redisUrls])
      assert.ok(compose.services[new URL(url!).hostname], `${url} is not a service of compose.yaml`);
    const [volume] = compose.services.postgres!.volumes!.map((text) => text.split(':')[0]!);
    assert.ok(volume! in compose.volumes);
    const { ports, volumes } = compose.services.balancer!;
    assert.equal(ports![0]!.split(':')[0], new URL(publicUrl!).port);
    assert.match(volumes![0]!, /^\.\/deploy\/nginx\.conf:/);
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
    const [, listened] = /^\s*listen (\d+);$/m.exec(nginx)!;
    assert.equal(compose.services.balancer!.ports![0]!.split(':')[1], listened);
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
    const install = instructions.indexOf('RUN npm ci');
    for (const workspace of manifest.workspaces) {
      const manifestCopy = instructions.indexOf(`COPY ${workspace}/package.json ${workspace}/`);
      assert.ok(manifestCopy !== -1 && manifestCopy < install, `${workspace}/package.json`);
      assert.ok(instructions.includes(`COPY ${workspace} ${workspace}`), workspace);
      assert.ok(instructions.includes(`COPY --from=build /app/${workspace} ${workspace}`), `${workspace} in the last stage`);
    }
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
