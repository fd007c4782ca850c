import { Module } from '@nestjs/common';
import { ApiDocument } from './docs';
import { DocsController } from './docs.controller';

@Module({ controllers: [DocsController], providers: [ApiDocument] })
export class DocsModule {}
