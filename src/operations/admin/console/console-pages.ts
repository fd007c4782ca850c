import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { includesRole, type OperatorRole } from '../../../domain/identity/operator-role';
import type { Acting } from '../../../domain/operators/operators';
import { formOf } from '../../../platform/http/bodies';
import type { Parameters } from '../../../platform/http/parameters';
import type { Page } from '../../../platform/pages/page';
import { PageRenderer } from '../../../platform/pages/page-renderer';
import { sendPage } from '../../../platform/pages/send-page';
import { FormProtection } from '../../../protocols/login/csrf';
import { LoginError } from '../../../protocols/login/login-error';
import { consolePath } from './console-access';

const places: readonly { readonly path: string; readonly title: string; readonly role: OperatorRole }[] = [
  { path: consolePath, title: 'Overview', role: 'viewer' },
  { path: '/admin/dashboard', title: 'Dashboards', role: 'viewer' },
  { path: `${consolePath}/clients`, title: 'Clients', role: 'viewer' },
  { path: `${consolePath}/apis`, title: 'APIs', role: 'viewer' },
  { path: `${consolePath}/users`, title: 'Users', role: 'viewer' },
  { path: `${consolePath}/audit`, title: 'Audit', role: 'auditor' },
  { path: `${consolePath}/operators`, title: 'Operators', role: 'admin' },
  { path: `${consolePath}/keys`, title: 'Keys', role: 'viewer' },
];

/** What the layout needs besides the page's own data. */
export interface Frame {
  readonly csrf: string;
  readonly frame: {
    readonly places: readonly { readonly href: string; readonly title: string; readonly isCurrent: boolean }[];
    readonly name: string;
    readonly role: OperatorRole;
  };
}

/** Shows the pages of the console in their frame, and reads their forms. */
@Injectable()
export class ConsolePages {
  constructor(
    private readonly protection: FormProtection,
    private readonly pages: PageRenderer,
  ) {}

  /** The page with what this operator may go to. */
  send<Data extends object>(
    reply: FastifyReply,
    by: Acting,
    shown: Page<Data & Frame>,
    data: Data,
    status = 200,
  ): void {
    const { request } = reply;
    const csrf = this.protection.issue(request, reply);
    const frame = { places: placesOf(by, request.url), name: by.actor.name, role: by.role };
    sendPage(reply, status, this.pages.render<Data & Frame>(shown, { ...data, csrf, frame } as NoInfer<Data & Frame>));
  }

  /** The fields of a form of ours. Throws: {@link LoginError}, 415. */
  fieldsOf(request: FastifyRequest): Parameters {
    const form = formOf(request);
    this.protection.assertValid(request, form.get('csrf'));
    if (form.hasRepeated()) throw new LoginError('parameter_repeated');
    return form;
  }
}

function placesOf({ role }: Acting, url: string): Frame['frame']['places'] {
  const path = url.split('?')[0] ?? '';
  return places
    .filter((place) => includesRole(role, place.role))
    .map((place) => ({
      href: place.path,
      title: place.title,
      isCurrent: path === place.path || (place.path !== consolePath && path.startsWith(`${place.path}/`)),
    }));
}
