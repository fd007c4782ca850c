import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const root = join(__dirname, '../..');

interface ComposeService {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as Compose;
const services = Object.entries(compose.services);
const mounts = services.flatMap(([service, { volumes = [] }]) =>
  volumes.map((volume) => {
    const [source = '', target = ''] = volume.split(':');
    return { service, source, target };
  }),
);

describe('docker-compose.yml', () => {
  it('given what it mounts, when the repository is read, then each path exists, and each volume is declared', () => {
    const [paths, volumes] = [
      mounts.filter(({ source }) => source.startsWith('.')),
      mounts.filter(({ source }) => !source.startsWith('.')),
    ];

    expect(paths.length).toBeGreaterThan(5);
    expect(paths.filter(({ source }) => !existsSync(join(root, source)))).toEqual([]);
    expect(volumes.map(({ source }) => source).toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  it('given the monitoring, when it is not asked for, then none of it starts, and what it uses is declared', () => {
    const monitoring = services.filter(([, { profiles }]) => profiles?.includes('monitoring') === true);

    expect(monitoring.map(([name]) => name)).toEqual(['prometheus', 'alertmanager', 'grafana']);
    expect(services.flatMap(([, { secrets = [] }]) => secrets)).toEqual(Object.keys(compose.secrets));
  });

  it('given its images and ports, when they are read, then each has a version, and this machine alone reaches it', () => {
    expect(
      services.filter(([, { image = '' }]) => !/^(?:tessera:local|[\w./-]+:v?\d+\.\d+(?:\.\d+)?)$/.test(image)),
    ).toEqual([]);
    expect(services.flatMap(([, { ports = [] }]) => ports).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual(
      [],
    );
  });

  it('given what Prometheus is told to read, when its mounts are read, then each file is there', () => {
    const config = parse(readFileSync(join(root, 'ops/compose/prometheus.yml'), 'utf8')) as {
      rule_files: string[];
      scrape_configs: { authorization: { credentials_file: string }; static_configs: { targets: string[] }[] }[];
    };
    const targets = new Set(mounts.filter(({ service }) => service === 'prometheus').map(({ target }) => target));

    expect(config.rule_files.filter((file) => !targets.has(file))).toEqual([]);
    expect(config.scrape_configs.map(({ authorization }) => authorization.credentials_file)).toEqual([
      '/run/secrets/metrics-token',
    ]);
    expect(config.scrape_configs.flatMap((each) => each.static_configs.flatMap((one) => one.targets))).toEqual([
      'tessera:3000',
    ]);
  });

  it('given where Grafana looks for dashboards, when its mounts are read, then they are there', () => {
    const provider = readFileSync(join(root, 'ops/grafana/provisioning/dashboards/tessera.yml'), 'utf8');
    const [, path] = /^\s+path: (\S+)$/m.exec(provider) ?? [];

    expect(mounts.filter(({ service }) => service === 'grafana').map(({ target }) => target)).toContain(path);
  });
});
