import { Controller } from '@nestjs/common';
import { Endpoint } from '../../../platform/http/endpoint';
import { AblationRecord } from './ablation-record';
import { checks, type FlowCheck } from './catalogue';
import { ablationOperation, checksOperation } from './checks.openapi';
import type { ProvedMatrix } from './matrix';

const cache = 'public, max-age=300';

/** Why each check is there: what they are, and what falls without them. */
@Controller()
export class ChecksController {
  constructor(private readonly record: AblationRecord) {}

  @Endpoint({ method: 'GET', path: '/compare/checks', access: 'public', cache, describe: checksOperation })
  list(): { readonly data: readonly FlowCheck[] } {
    return { data: checks };
  }

  @Endpoint({ method: 'GET', path: '/compare/ablation', access: 'public', cache, describe: ablationOperation })
  ablation(): ProvedMatrix {
    return this.record.matrix;
  }
}
