import { Controller } from '@nestjs/common';
import { Endpoint } from '../../platform/http/endpoint';
import { type AttackDescription, descriptions } from './attacks/catalogue';
import { attacksOperation } from './attacks.openapi';

/** The catalogue of attacks. */
@Controller()
export class AttacksController {
  @Endpoint({
    method: 'GET',
    path: '/compare/attacks',
    access: 'public',
    cache: 'public, max-age=300',
    describe: attacksOperation,
  })
  list(): AttackDescription[] {
    return descriptions();
  }
}
