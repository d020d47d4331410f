import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import proxyaddr from 'proxy-addr';
import { parseAllDocuments } from 'yaml';
import { findUnknownSettings } from '../../../server/src/config/unknown-settings.ts';
import { parseConfig } from '../../../server/src/config.ts';

interface Schemas {
  /** The definition of each kind, by `apiVersion` and `kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, object>>;
}

// biome-ignore lint/suspicious/noExplicitAny: the tests read different keys of each kind
type Values = any;
type Path = readonly (string | number)[];
type Change = (parent: Values, key: string | number) => void;

/** Keys in maps whose keys we choose. */
const ownKey = /^ConfigMap data |^Service spec selector | (?:labels|matchLabels|requests|limits) /;

/** The path of each value in a manifest. */
function pathsIn(value: Values, path: Path = []): Path[] {
  if (typeof value !== 'object') return [path];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [...(path.length === 0 ? [] : [path]), ...keys.flatMap((key) => pathsIn(value[key], [...path, key]))];
}

/** The manifest with one change. */
function changed(manifest: Values, path: Path, change: Change): Values {
  const copy = structuredClone(manifest);
  const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
  change(parent, path.at(-1)!);
  return copy;
}

describe('the manifests for Kubernetes', () => {
  const manifests: Values[] = parseAllDocuments(readFileSync('deploy/kubernetes/rollcall.yaml', 'utf8')).map((document) => document.toJS());
  const { kinds, definitions } = JSON.parse(readFileSync('test/support/kubernetes/schemas.json', 'utf8')) as Schemas;
  const ajv = new Ajv({ allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'kubernetes', definitions });
  const kindOf = ({ apiVersion, kind }: Values) => `${apiVersion} ${kind}`;

  /** The errors of a manifest by the schema of a kind. */
  function errorsOf(kind: string, manifest: Values): string[] {
    const validate = ajv.getSchema(`kubernetes#/definitions/${kinds[kind]}`);
    assert.ok(validate, `there is no schema of ${kind}`);
    validate(manifest);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  /** Makes the same change at each place in the manifests, one at a time. */
  function changeEach(change: Change, isPlace: (path: Path) => boolean = () => true) {
    const outcomes = manifests.flatMap((manifest) =>
      pathsIn(manifest)
        .filter(isPlace)
        .map((path) => ({
          place: [manifest.kind, ...path].join(' '),
          isValid: errorsOf(kindOf(manifest), changed(manifest, path, change)).length === 0,
        })),
    );
    assert.ok(outcomes.length > 100, 'the manifests were not changed');
    const placesOf = (isValid: boolean) => outcomes.filter((outcome) => outcome.isValid === isValid).map(({ place }) => place);
    return { accepted: placesOf(true), refused: placesOf(false) };
  }
  const isKey = (path: Path) => typeof path.at(-1) === 'string';

  it('fit the schemas of Kubernetes', () => {
    assert.deepEqual(manifests.map(kindOf).sort(), Object.keys(kinds).sort());
    for (const manifest of manifests) assert.deepEqual(errorsOf(kindOf(manifest), manifest), []);
  });

  it('do not fit the schemas with a misspelt key', () => {
    const misspell: Change = (parent, key) => {
      parent[`${key}x`] = parent[key];
      delete parent[key];
    };
    const { accepted } = changeEach(misspell, isKey);
    assert.deepEqual(
      accepted.filter((place) => !ownKey.test(place)),
      [],
    );
  });

  it('do not fit the schemas with a value of another type', () => {
    const replace: Change = (parent, key) => {
      parent[key] = typeof parent[key] === 'boolean' ? 'text' : true;
    };
    assert.deepEqual(changeEach(replace).accepted, []);
  });

  it('do not fit the schemas without a required key', () => {
    const { refused } = changeEach((parent, key) => delete parent[key], isKey);
    const required = new Set(refused.map((place) => place.split(' ').at(-1)));
    const ofPods = ['containers', 'maxSkew', 'topologyKey', 'whenUnsatisfiable'];
    const ofContainers = ['containerPort', 'fieldPath', 'mountPath', 'name', 'port', 'type'];
    const ofNetworks = ['backend', 'cidr', 'pathType', 'paths', 'podSelector'];
    assert.deepEqual([...required].sort(), ['selector', 'template', ...ofPods, ...ofContainers, ...ofNetworks].sort());
  });

  const theOnly = (kind: string): Values => manifests.find((manifest) => manifest.kind === kind);

  it('give the instances secrets as files, and trust no proxy by default', () => {
    const { data } = theOnly('ConfigMap');
    const { containers, volumes } = theOnly('Deployment').spec.template.spec;
    assert.doesNotMatch(JSON.stringify(containers[0].envFrom), /secretRef/);
    const { mountPath } = containers[0].volumeMounts.find(({ name }: Values) => name === 'secrets');
    assert.equal(volumes.find(({ name }: Values) => name === 'secrets').secret.defaultMode, 0o440);
    const files = Object.entries(data).filter(([name]) => name.endsWith('_FILE'));
    assert.ok(files.length >= 4);
    for (const [name, file] of files) assert.equal(file, `${mountPath}/${name.replace(/_FILE$/, '')}`);
    const config = parseConfig({
      NODE_ENV: 'production',
      SECRET: 's'.repeat(32),
      PUBLIC_URL: data.PUBLIC_URL,
      TRUSTED_PROXIES: data.TRUSTED_PROXIES,
    });
    assert.deepEqual(config.trustedProxies, []);
  });

  it('give the credential of the owner of the tables to the migration alone', () => {
    const { containers, initContainers, volumes } = theOnly('Deployment').spec.template.spec;
    const [{ name }] = volumes.filter(({ secret }: Values) => secret?.secretName === 'rollcall-owner');
    const mounts = (list: Values[]) => list.flatMap(({ volumeMounts }) => volumeMounts.filter((mount: Values) => mount.name === name));
    assert.equal(mounts(containers).length, 0);
    const [{ mountPath }] = mounts(initContainers);
    assert.deepEqual(initContainers[0].env, [{ name: 'DATABASE_URL_FILE', value: `${mountPath}/DATABASE_URL` }]);
    assert.equal(initContainers[0].image, containers[0].image);
  });

  it('serve the public URL by TLS, and let only named peers reach the instances', () => {
    const { tls, rules } = theOnly('Ingress').spec;
    const { protocol, host } = new URL(theOnly('ConfigMap').data.PUBLIC_URL);
    assert.equal(protocol, 'https:');
    assert.deepEqual([tls[0].hosts, rules.map((rule: Values) => rule.host)], [[host], [host]]);
    const { spec } = theOnly('NetworkPolicy');
    assert.deepEqual(spec.podSelector, theOnly('Deployment').spec.selector);
    assert.deepEqual(spec.policyTypes, ['Ingress', 'Egress']);
    for (const { from } of spec.ingress) for (const peer of from) assert.ok(Object.keys(peer.namespaceSelector.matchLabels).length > 0);
    const { except } = spec.egress
      .flatMap(({ to = [] }: Values) => to)
      .find(({ ipBlock }: Values) => ipBlock?.cidr === '0.0.0.0/0').ipBlock;
    for (const address of ['10.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.0.1'])
      assert.ok(proxyaddr.compile(except)(address, 0), address);
  });

  it('configure only settings that the server has', () => {
    const settings = readFileSync('.env.example', 'utf8');
    const [config] = manifests.filter(({ kind }) => kind === 'ConfigMap');
    for (const name of Object.keys(config.data)) assert.match(settings, new RegExp(`^(# )?${name}=`, 'm'), name);
  });

  it('keep out the variables that Kubernetes adds for the Service, which the server reports as unknown settings', () => {
    const [service] = manifests.filter(({ kind }) => kind === 'Service');
    const [deployment] = manifests.filter(({ kind }) => kind === 'Deployment');
    const added = `${service.metadata.name.toUpperCase()}_PORT`;
    assert.notDeepEqual(findUnknownSettings([added], []), [], 'the server does not report it');
    assert.equal(deployment.spec.template.spec.enableServiceLinks, false);
  });
});
