import { Controller, Get, Header } from '@nestjs/common';
import { type AttackDescription, descriptions } from './attacks/catalogue';

/** The catalogue of attacks. */
@Controller('compare/attacks')
export class AttacksController {
  @Get()
  @Header('cache-control', 'public, max-age=300')
  list(): AttackDescription[] {
    return descriptions();
  }
}
