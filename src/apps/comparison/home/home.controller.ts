import { Controller, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Operators } from '../../../domain/operators/operators';
import { CONFIG, type Config } from '../../../platform/config';
import { Endpoint } from '../../../platform/http/endpoint';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { ComparisonReader } from './comparison-reader';
import { AblationRecord } from '../checks/ablation-record';
import { ablationRows, type HomePage, homePage } from './home-page';
import { latencyPoints, latencyTicks } from './latency-plot';
import { homeOperation } from './home.openapi';

/** The page that explains both models, runs them, and compares them. */
@Controller()
export class HomeController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly operators: Operators,
    private readonly comparison: ComparisonReader,
    private readonly ablation: AblationRecord,
    private readonly pages: PageRenderer,
  ) {}

  @Endpoint({ method: 'GET', path: '/', access: 'public', describe: homeOperation })
  async show(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { production, port, issuer, authorizationCodeTtl, walletChallengeTtl, accessTokenTtl } = this.config;
    const page = this.pages.render(homePage, {
      issuer,
      codeSeconds: authorizationCodeTtl,
      challengeSeconds: walletChallengeTtl,
      tokenSeconds: accessTokenTtl,
      passkeys: this.config.rpId !== undefined,
      runs: await this.runs(),
      // The origin that the demo clients are registered for.
      byHand: production ? undefined : { origin: `http://localhost:${port}` },
      comparison: await this.comparison.read(),
      ablation: ablationRows(this.ablation.matrix),
      attacks: this.ablation.matrix.attacks,
      latencyPoints,
      latencyTicks,
      shown,
    });
    sendPage(reply, 200, page);
  }

  private async runs(): Promise<HomePage['runs']> {
    if (!this.config.production) return 'open';
    return (await this.operators.areAny()) ? 'admin' : 'off';
  }
}

/** A number for people: with separators, and no meaningless digits. */
function shown(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 }) : value;
}
