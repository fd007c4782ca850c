import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Acting } from '../../../domain/operators/operators';
import type { JsonObject } from '../../../platform/fields/fields';
import { queryOf } from '../../../platform/http/bodies';
import { Endpoint, pathParameter } from '../../../platform/http/endpoint';
import type { Parameters } from '../../../platform/http/parameters';
import { overlapOf } from '../overlap';
import { presets } from '../presets';
import type { Secrets } from '../records.controller';
import { consolePath, inConsole } from './console-access';
import { ConsolePages } from './console-pages';
import { recordPageOperations } from './console.openapi';
import { changesIn, typedIn, typedOf } from './form-fields';
import { RecordExtras } from './record-extras';
import { fieldsFor, type RecordKind, type Records, type SecretKind } from './record-kinds';
import { searchRecords } from './record-search';
import { failureOf, RecordViews, secretIn } from './record-views';

/** Makes the pages for one kind of record. Source: docs/console.md. */
export function recordPagesController(kind: RecordKind): Type {
  const list = `${consolePath}/${kind.path}`;
  const blank = `${consolePath}/new/${kind.path}`;
  const one = `${list}/:id`;
  const operations = recordPageOperations(kind);
  const reads = { method: 'GET', access: inConsole(kind.reads) } as const;
  const asks = { method: 'GET', access: inConsole('admin') } as const;
  const adds = { method: 'POST', access: inConsole('admin'), body: 'form' } as const;
  const changes = { ...adds, access: inConsole(kind.changes) } as const;

  @Controller()
  class RecordPagesController {
    private readonly views: RecordViews;

    constructor(
      @Inject(kind.records) private readonly records: Records,
      private readonly pages: ConsolePages,
      extras: RecordExtras,
    ) {
      this.views = new RecordViews(kind, pages, extras);
    }

    @Endpoint({ ...reads, path: list, describe: operations.list })
    async list(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const query = queryOf(request);
      const text = query.get('q') ?? '';
      this.views.sendList(reply, by, text, await searchRecords(kind, this.records, text, query.get('after')));
    }

    @Endpoint({ ...asks, path: blank, describe: operations.blank })
    async blank(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const preset = presetIn(queryOf(request));
      const fields = preset === undefined ? {} : (presets[preset]?.fields ?? {});
      this.views.sendNew(reply, by, preset, typedOf(fields, fieldsFor(kind, by)));
    }

    @Endpoint({ ...adds, path: list, describe: operations.add })
    async add(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const form = this.pages.fieldsOf(request);
      const [typed, preset] = [typedIn(form, fieldsFor(kind, by)), presetIn(form)];
      let added: JsonObject;
      try {
        added = await this.records.add(changesIn(kind.fields, typed), request.events);
      } catch (error) {
        return this.views.sendNew(reply, by, preset, typed, failureOf(error, reply));
      }
      const secret = secretIn(added);
      if (secret !== undefined) return this.views.sendRecord(reply, by, added, { secret, preset, done: 'added' });
      const query = new URLSearchParams({ done: 'added', ...(preset !== undefined && { preset }) });
      return void reply.redirect(`${this.views.hrefOf(added)}?${query}`, 303);
    }

    @Endpoint({ ...reads, path: one, describe: operations.show })
    async show(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const query = queryOf(request);
      const what = { done: query.get('done'), preset: presetIn(query) };
      await this.views.sendRecord(reply, by, await this.recordOf(request), what);
    }

    @Endpoint({ ...changes, path: one, describe: operations.change })
    async change(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const form = this.pages.fieldsOf(request);
      const before = await this.recordOf(request);
      const typed = typedIn(form, fieldsFor(kind, by, before));
      const patch = changesIn(kind.fields, typed, before);
      const etag = form.get('etag');
      const ifMatch = etag === undefined ? undefined : [etag];
      try {
        const after = await this.records.change(pathParameter(request, 'id'), patch, request.events, { by, ifMatch });
        return void reply.redirect(`${this.views.hrefOf(after)}?done=changed`, 303);
      } catch (error) {
        return this.views.sendRecord(reply, by, before, { typed, failure: failureOf(error, reply) });
      }
    }

    @Endpoint({ ...asks, path: `${one}/remove`, describe: operations.askRemoval })
    async askRemoval(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      this.views.sendRemoval(reply, by, await this.recordOf(request));
    }

    @Endpoint({ ...adds, path: `${one}/remove`, describe: operations.remove })
    async remove(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      this.pages.fieldsOf(request);
      const record = await this.recordOf(request);
      try {
        await this.records.remove(pathParameter(request, 'id'), request.events);
      } catch (error) {
        return this.views.sendRemoval(reply, by, record, failureOf(error, reply));
      }
      return void reply.redirect(list, 303);
    }

    private async recordOf(request: FastifyRequest): Promise<JsonObject> {
      return this.records.find(pathParameter(request, 'id'));
    }
  }
  return RecordPagesController;
}

/** Makes the controller that generates another secret, or token, for such a record, and shows it once. */
export function secretPagesController(kind: SecretKind): Type {
  @Controller()
  class SecretPagesController {
    private readonly views: RecordViews;

    constructor(
      @Inject(kind.records) private readonly records: Pick<Records, 'find'> & Secrets,
      private readonly pages: ConsolePages,
      extras: RecordExtras,
    ) {
      this.views = new RecordViews(kind, pages, extras);
    }

    @Endpoint({
      method: 'POST',
      access: inConsole('admin'),
      body: 'form',
      path: `${consolePath}/${kind.path}/:id/${kind.secret.path}`,
      describe: recordPageOperations(kind).secret,
    })
    async add(request: FastifyRequest, reply: FastifyReply, by: Acting): Promise<void> {
      const hours = this.pages.fieldsOf(request).get('hours') ?? '0';
      const id = pathParameter(request, 'id');
      try {
        const seconds = overlapOf(Number(hours) * 3_600);
        const made = await this.records.addSecret(id, seconds, request.events);
        await this.views.sendRecord(reply, by, made, { secret: secretIn(made) });
      } catch (error) {
        await this.views.sendRecord(reply, by, await this.records.find(id), { failure: failureOf(error, reply) });
      }
    }
  }
  return SecretPagesController;
}

function presetIn(fields: Parameters): string | undefined {
  const preset = fields.get('preset');
  return preset !== undefined && Object.hasOwn(presets, preset) ? preset : undefined;
}
