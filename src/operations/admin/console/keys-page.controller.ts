import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../../domain/operators/operators';
import type { PublicKeyState } from '../../../domain/tokens/key-ring';
import { queryOf } from '../../../platform/http/bodies';
import { Endpoint } from '../../../platform/http/endpoint';
import { page } from '../../../platform/pages/page';
import { dateOf } from '../../../protocols/login/shown-date';
import { AdminKeys } from '../keys';
import { consolePath, inConsole } from './console-access';
import { ConsolePages, type Frame } from './console-pages';
import { keysPageOperation, rotateKeysPageOperation } from './console.openapi';

const path = `${consolePath}/keys`;

const keysPage = page<
  Frame & {
    readonly keys: readonly (Pick<PublicKeyState, 'kid' | 'alg' | 'state'> & { readonly since: string })[];
    readonly mayRotate: boolean;
    readonly isRotated: boolean;
  }
>('operations/admin/console/views/keys');

/** The signing keys. Source: docs/console.md. */
@Controller()
export class KeysPageController {
  constructor(
    private readonly keys: AdminKeys,
    private readonly pages: ConsolePages,
  ) {}

  @Endpoint({ method: 'GET', path, access: inConsole('viewer'), describe: keysPageOperation })
  async show(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
    const { data } = await this.keys.list();
    const keys = data.map((key) => ({ ...key, since: dateOf(key.not_before * 1_000) }));
    const isRotated = queryOf(request).get('done') === 'rotated';
    this.pages.send(reply, by, keysPage, { keys, mayRotate: by.role === 'admin', isRotated });
  }

  @Endpoint({
    method: 'POST',
    path: `${path}/rotate`,
    access: inConsole('admin'),
    body: 'form',
    describe: rotateKeysPageOperation,
  })
  async rotate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const form = this.pages.fieldsOf(request);
    await this.keys.rotate(form.get('immediately') === 'true' ? { immediately: true } : {}, request.events);
    return void reply.redirect(`${path}?done=rotated`, 303);
  }
}
