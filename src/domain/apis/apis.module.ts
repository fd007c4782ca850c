import { Module } from '@nestjs/common';
import { AccessRequests } from './access-requests';

/** The registered APIs, and what clients may have at them. */
@Module({ providers: [AccessRequests], exports: [AccessRequests] })
export class ApisModule {}
