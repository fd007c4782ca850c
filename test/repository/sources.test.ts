import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(__dirname, '../..');

/** Documents that everybody can open: of standards bodies, of WHATWG, OWASP and OpenTelemetry, of Ethereum and of Safe, and our own. */
const known =
  /^(?:RFC \d|OpenID Connect |Initiating User Registration |OpenID conformance suite, |FAPI 2\.0 |OpenAPI |OAuth 2\.1|draft-ietf-|OWASP, |URL Standard |ECMA-262, |EIP-\d|ERC-\d|CAIP-\d|Yellow Paper|Safe (?:Passkey )?\d|SEC [12]|FIPS |Fetch |HTML Living Standard|W3C Trace Context |WCAG \d|OpenTelemetry, |WebAuthn |CTAP \d|EAP ACR Values |Chrome DevTools Protocol, |web3\.js documentation|Prometheus, |Alertmanager, |proc_\w+\(5\)|MongoDB, |SLIP-44|docs\/|docs\.metamask\.io, |docs\.cdp\.coinbase\.com, |developer\.trustwallet\.com, |github\.com\/)/;
/** Where contracts are programs on a chain, and nothing else. */
const aboutChains = /^test\/(?:evm\/|support\/(?:evm|contract-accounts|passkey-account|hostile-contracts))/;
/**
 * The documents of this repository, and the contracts that are programs on a chain, have names of their own. `contract` of a
 * linked wallet is a field.
 */
const unnamed = /(?<!smart |[-.'])\bcontract(?:'s|’s)?\b(?!-|: (?:true|optional)| ===| \}| (?:suite|account)s?\b)/i;

const files = ['src', 'test', 'packages/client/src', 'packages/client/test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.(?:ts|js|css|eta)$/.test(name) && name !== 'test/repository/sources.test.ts')
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

/** Every document that a comment or an attack names as its source, with the file that names it. */
const named = files.flatMap(({ name, text }) =>
  [...text.matchAll(/\b(?:Source: |source: ')([A-Za-z][^'*\n]+)/g)].flatMap(([, list = '']) =>
    (list.split(/\.(?:\s|$)/)[0] ?? '')
      .split('; ')
      .map((source) => ({ name, source: source.replaceAll('`', '').trim() })),
  ),
);

describe('the sources that comments name', () => {
  it('given all of them, when they are counted, then they were found', () => {
    expect(named.length).toBeGreaterThan(100);
  });

  it('given all of them, when they are read, then each is of a document that a reader of the repository can open', () => {
    expect(named.filter(({ source }) => !known.test(source))).toEqual([]);
  });

  it('given those in this repository, when they are followed, then each leads to a file, and to a heading in it', () => {
    const own = named.filter(({ source }) => source.startsWith('docs/'));

    expect(own.length).toBeGreaterThan(5);
    expect(own.filter(({ source }) => !leadsSomewhere(source))).toEqual([]);
  });

  it('given the sources, when they speak of what the service promises, then they name the document', () => {
    const others = files.filter(({ name }) => !aboutChains.test(name));
    const speaking = others.flatMap(({ name, text }) =>
      text.split('\n').flatMap((line) => (unnamed.test(line) ? [`${name}: ${line.trim()}`] : [])),
    );

    expect(speaking).toEqual([]);
  });
});

/** `docs/http-api.md, section Browsers`: the file is there, and has such a heading, or one of several endpoints. */
function leadsSomewhere(source: string): boolean {
  const [, file = '', section] = /^(docs\/[\w./-]+\.md)(?:, section (.+))?$/.exec(source) ?? [];
  if (!existsSync(join(root, file)) || file === '') return false;
  if (section === undefined) return true;
  const headings = [...readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.+)$/gm)].map(
    ([, heading = '']) => heading,
  );
  return headings
    .flatMap((heading) => [heading, ...heading.split(', ')])
    .some((each) => each.replaceAll('`', '') === section);
}
