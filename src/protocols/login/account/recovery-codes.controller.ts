import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newRecoveryCode, recoveryCodesAtOnce } from '../../../domain/credentials/recovery-code';
import { hashSecret } from '../../../domain/credentials/secret';
import { Endpoint } from '../../../platform/http/endpoint';
import { page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { CredentialChanges } from './credential-changes';
import { freshPerson, type Person } from './person-access';
import { accountRecoveryCodesOperation } from './recovery-codes.openapi';

const codesPage = page<{ readonly username: string; readonly codes: readonly string[] }>(
  'protocols/login/account/views/recovery-codes',
);

/** The recovery codes, on the account page. Source: docs/http-api.md, section POST /account/recovery-codes. */
@Controller()
export class AccountRecoveryCodesController {
  constructor(
    private readonly changes: CredentialChanges,
    private readonly pages: PageRenderer,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/account/recovery-codes',
    access: freshPerson,
    body: 'form',
    describe: accountRecoveryCodesOperation,
  })
  async make({ events }: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const codes = Array.from({ length: recoveryCodesAtOnce }, newRecoveryCode);
    const recoveryCodes = codes.map(hashSecret);
    const { username } = await this.changes.change(user.id, 'recovery_codes_made', events, (before) => ({
      ...before,
      recoveryCodes,
    }));
    sendPage(reply, 200, this.pages.render(codesPage, { username, codes }));
  }
}
