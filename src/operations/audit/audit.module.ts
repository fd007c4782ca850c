import { Global, Module } from '@nestjs/common';
import { KeysModule } from '../../domain/tokens/keys.module';
import { AuditErasure } from './audit-erasure';
import { AuditReader } from './audit-reader';
import { AuditSeals } from './audit-seals';
import { AuditTrail } from './audit-trail';
import { AuditUpkeep } from './audit-upkeep';
import { AuditVerification } from './audit-verification';
import { LoginStories } from './login-story';
import { SignedSeals } from './signed-seals';
import { SecurityReports } from './security-report';

const shared = [
  AuditErasure,
  AuditReader,
  AuditSeals,
  AuditTrail,
  AuditUpkeep,
  AuditVerification,
  LoginStories,
  SecurityReports,
];

/** The audit trail in the store. */
@Global()
@Module({ imports: [KeysModule], providers: [...shared, SignedSeals], exports: shared })
export class AuditModule {}
