import type { Access } from '../../platform/http/access';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../platform/config';
import type { EndpointDeclaration } from '../../platform/http/endpoint';
import { Endpoints } from '../../platform/http/endpoints';
import type { OpenApiDocument, PathItem } from '../../platform/http/openapi';
import { errorEnvelope } from './error-responses';
import { jsonSchemaOf, operationOf } from './operation';

const description = `An authorization server for two logins that are one idea, a challenge redeemed at most once: OAuth
2.0 with PKCE, and Sign-In with Ethereum (EIP-4361).

Every refusal has the body \`{"error", "error_description", "reason"?}\`, or is a page where \`Accept\` prefers HTML.
A path that is none is a 404, another method a 405 with \`Allow\`, both in the same envelope.`;

/** In the reader's order; sections of disabled features are omitted. */
const tags = [
  'PKCE model',
  'Wallet model',
  'Protected resource',
  'Comparison',
  'Discovery',
  'Pages',
  'Operations',
  'Administration',
];

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' },
  dpop: {
    type: 'http',
    scheme: 'dpop',
    description: 'An access token that is bound to a key, with a proof in the header DPoP (RFC 9449).',
  },
  basic: { type: 'http', scheme: 'basic', description: 'client_secret_basic: client id and secret.' },
};

/** The OpenAPI document, from the declarations of the endpoints. */
@Injectable()
export class ApiDocument {
  private document: OpenApiDocument | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly endpoints: Endpoints,
  ) {}

  /** Source: OpenAPI 3.1.0. */
  get(): OpenApiDocument {
    this.document ??= this.assemble();
    return this.document;
  }

  private assemble(): OpenApiDocument {
    const declarations = this.endpoints.all().map(({ declaration }) => declaration);
    const used = new Set(declarations.flatMap(({ describe }) => describe.tags));
    return {
      openapi: '3.1.0',
      info: { title: 'Tessera', description, version: '0.1.0', contact: {} },
      tags: tags.filter((name) => used.has(name)).map((name) => ({ name, description: '' })),
      servers: [{ url: this.config.issuer }],
      paths: pathsOf(declarations),
      components: { securitySchemes, schemas: { Error: jsonSchemaOf(errorEnvelope, 'output') } },
    };
  }
}

function pathsOf(declarations: readonly EndpointDeclaration[]): Record<string, PathItem> {
  const paths: Record<string, PathItem> = {};
  for (const declaration of declarations) {
    const { access, method, path } = declaration;
    const documented = path.replace(/:(\w+)/g, '{$1}');
    const { security, role }: Partial<Access> = access === 'public' ? {} : access;
    const operation = { ...operationOf(declaration), ...(security && { security }), ...(role && { 'x-role': role }) };
    paths[documented] = { ...paths[documented], [method.toLowerCase()]: operation };
  }
  return paths;
}
