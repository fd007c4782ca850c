import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { EndpointDeclaration } from '../http/endpoint';
import { Endpoints } from '../http/endpoints';
import type { OpenApiDocument, PathItem } from '../http/openapi';
import { errorSchema } from '../http/refusals.openapi';

const description = `An authorization server for the two logins without a shared secret: OAuth with PKCE, and an
Ethereum signature (EIP-4361).

Every refusal has the body \`{"error", "error_description", "reason"?}\`, or is a page where \`Accept\` prefers HTML.
An address that is none is a 404, another method a 405 with \`Allow\`, both in the same envelope.`;

/** In the order in which a reader needs them. */
const tags = ['PKCE model', 'Wallet model', 'Protected resource', 'Comparison', 'Discovery', 'Pages', 'Operations'];

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' },
  basic: { type: 'http', scheme: 'basic', description: 'client_secret_basic: client id and secret.' },
};

/** The OpenAPI document of the service, from what its endpoints declare. */
@Injectable()
export class ApiDocument {
  private document: OpenApiDocument | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly endpoints: Endpoints,
  ) {}

  /** Source: OpenAPI 3.1.0. */
  get(): OpenApiDocument {
    this.document ??= {
      openapi: '3.1.0',
      info: { title: 'Tessera', description, version: '0.1.0', contact: {} },
      tags: tags.map((name) => ({ name, description: '' })),
      servers: [{ url: this.config.issuer }],
      paths: pathsOf(this.endpoints.all().map(({ declaration }) => declaration)),
      components: { securitySchemes, schemas: { Error: errorSchema } },
    };
    return this.document;
  }
}

function pathsOf(declarations: readonly EndpointDeclaration[]): Record<string, PathItem> {
  const paths: Record<string, PathItem> = {};
  for (const { method, path, describe } of declarations) {
    const documented = path.replace(/:(\w+)/g, '{$1}');
    const operation = { ...describe, parameters: describe.parameters ?? [] };
    paths[documented] = { ...paths[documented], [method.toLowerCase()]: operation };
  }
  return paths;
}
