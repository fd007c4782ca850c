import { Global, Module } from '@nestjs/common';
import { AuditErasure } from './audit-erasure';
import { AuditReader } from './audit-reader';
import { AuditTrail } from './audit-trail';
import { AuditUpkeep } from './audit-upkeep';
import { SecurityReports } from './security-report';

/** The audit trail in the store. */
@Global()
@Module({
  providers: [AuditErasure, AuditReader, AuditTrail, AuditUpkeep, SecurityReports],
  exports: [AuditErasure, AuditReader, AuditTrail, AuditUpkeep, SecurityReports],
})
export class AuditModule {}
