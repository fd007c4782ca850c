import { Controller, Get, Header } from '@nestjs/common';
import { type AttackDescription, descriptions } from './attacks/catalogue';
import { DescribeAttacks } from './attacks.openapi';

/** The catalogue of attacks. */
@Controller('compare/attacks')
export class AttacksController {
  @Get()
  @DescribeAttacks()
  @Header('cache-control', 'public, max-age=300')
  list(): AttackDescription[] {
    return descriptions();
  }
}
