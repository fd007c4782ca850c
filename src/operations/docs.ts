import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, type PathItemObject, SwaggerModule } from '@nestjs/swagger';
import { errorSchema } from '../http/refusals.openapi';

const description = `An authorization server for two logins that are one idea, a challenge redeemed at most once: OAuth
2.0 with PKCE, and Sign-In with Ethereum (EIP-4361).

Every refusal has the body \`{"error", "error_description", "reason"?}\`, or is a page where \`Accept\` prefers HTML.
A path that is none is a 404, another method a 405 with \`Allow\`, both in the same envelope.`;

/** In the order in which a reader needs them; those of what is switched off are left out. */
const tags = ['PKCE model', 'Wallet model', 'Protected resource', 'Comparison', 'Discovery', 'Pages', 'Operations'];

/** The OpenAPI document of the service, drawn from its controllers once they are all there. */
export class ApiDocument {
  private document: OpenAPIObject | undefined;

  /** Must be called before the first request, with the whole application. */
  draw(app: INestApplication, issuer: string): void {
    const builder = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Tessera')
      .setDescription(description)
      .setVersion('0.1.0')
      .addServer(issuer)
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' })
      .addBasicAuth({ type: 'http', scheme: 'basic', description: 'client_secret_basic: client id and secret.' });
    for (const tag of tags) builder.addTag(tag);
    const document = SwaggerModule.createDocument(app, builder.build(), { autoTagControllers: false });
    const components = { ...document.components, schemas: { ...document.components?.schemas, Error: errorSchema } };
    const used = new Set(Object.values(document.paths).flatMap(tagsOf));
    this.document = { ...document, components, tags: (document.tags ?? []).filter(({ name }) => used.has(name)) };
  }

  /** Source: OpenAPI 3.1.0. */
  get(): OpenAPIObject {
    if (this.document === undefined) throw new Error('The document has not been drawn yet');
    return this.document;
  }
}

function tagsOf({ get, post, put, patch, delete: remove }: PathItemObject): string[] {
  return [get, post, put, patch, remove].flatMap((operation) => operation?.tags ?? []);
}
