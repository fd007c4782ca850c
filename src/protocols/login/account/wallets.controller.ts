import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type LinkedWallet, walletId, walletsAtMost } from '../../../domain/identity/user-store';
import { CONFIG, type Config } from '../../../platform/config';
import { FieldError } from '../../../platform/fields/field-error';
import { formOf } from '../../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../../platform/http/endpoint';
import { Parameters } from '../../../platform/http/parameters';
import type { IssuedChallenge } from '../../wallet/issued-challenge.openapi';
import { WalletError } from '../../wallet/wallet-error';
import { challengeLimit, verifyBodyLimit, verifyLimit } from '../../wallet/wallet-limits';
import { WalletLinks } from '../../wallet/wallet-links';
import { addressIn } from '../../wallet/wallet.schemas';
import { isFromAnotherSite } from '../csrf';
import { AccountError } from './account-error';
import { CredentialChanges } from './credential-changes';
import { freshPerson, type Person } from './person-access';
import {
  accountWalletChallengeOperation,
  accountWalletOperation,
  accountWalletRemovalOperation,
} from './wallets.openapi';

/** The linked wallets, on the account page. Source: docs/http-api.md, section POST /account/wallets. */
@Controller()
export class AccountWalletsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly links: WalletLinks,
    private readonly changes: CredentialChanges,
  ) {}

  /** Throws: {@link AccountError}, {@link WalletError}. */
  @Endpoint({
    method: 'POST',
    path: '/account/wallets/challenge',
    access: freshPerson,
    body: 'json',
    notJson: () => new WalletError('body_invalid'),
    status: 201,
    limit: { ...challengeLimit, subjectOf: addressInJson },
    describe: accountWalletChallengeOperation,
  })
  async challenge({ body, events }: FastifyRequest, _reply: FastifyReply, { user }: Person): Promise<IssuedChallenge> {
    const issued = await this.links.begin(body, user);
    events.emit({ type: 'challenge_issued', clientId: this.config.issuer, challengeId: issued.nonce });
    return issued;
  }

  /** 303 also for a wallet that is this user's already. Throws: {@link AccountError}, {@link WalletError}. */
  @Endpoint({
    method: 'POST',
    path: '/account/wallets',
    access: freshPerson,
    bodyLimit: verifyBodyLimit,
    body: 'form',
    limit: { ...verifyLimit, subjectOf: nonceInForm },
    redeems: ({ body }) => (body instanceof Parameters ? body.get('nonce') : undefined),
    describe: accountWalletOperation,
  })
  async link(request: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const [form, { client, events }] = [formOf(request), request];
    const answer = { nonce: form.get('nonce'), signature: form.get('signature') };
    const wallet = await this.links.complete({ ...answer, sub: user.id, client });
    await this.changes.give(user.id, events, {
      key: { wallet },
      type: 'wallet_linked',
      taken: 'wallet_taken',
      add: (owner) => {
        const others = without(owner.wallets, walletId(wallet));
        if (others.length >= walletsAtMost) throw new AccountError('too_many');
        return { ...owner, wallets: [...others, wallet] };
      },
      takeBack: (owner) => ({ ...owner, wallets: without(owner.wallets, walletId(wallet)) }),
    });
    void reply.redirect('/account', 303);
  }

  /** Throws: {@link AccountError}. */
  @Endpoint({
    method: 'POST',
    path: '/account/wallets/:account_id',
    access: freshPerson,
    body: 'form',
    describe: accountWalletRemovalOperation,
  })
  async remove(request: FastifyRequest, reply: FastifyReply, { user }: Person): Promise<void> {
    const id = pathParameter(request, 'account_id');
    if (formOf(request).get('action') !== 'remove') throw new FieldError('action', 'remove');
    await this.changes.change(user.id, 'wallet_unlinked', request.events, (before) => {
      const wallets = without(before.wallets, id);
      if (wallets.length === (before.wallets ?? []).length) throw new AccountError('record_unknown');
      return { ...before, wallets };
    });
    void reply.redirect('/account', 303);
  }
}

function without(wallets: readonly LinkedWallet[] = [], id: string): LinkedWallet[] {
  return wallets.filter((each) => walletId(each) !== id);
}

/** A cross-site request is refused anyway and must not use up its victim's attempts. */
function nonceInForm(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : (formOf(request).get('nonce') ?? '');
}

function addressInJson(request: FastifyRequest): string | undefined {
  return isFromAnotherSite(request) ? undefined : addressIn(request.body);
}
