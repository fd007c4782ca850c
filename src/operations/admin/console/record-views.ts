import type { FastifyReply } from 'fastify';
import type { Acting } from '../../../domain/operators/operators';
import type { JsonObject } from '../../../platform/fields/fields';
import { ProtocolError } from '../../../platform/http/protocol-error';
import { page } from '../../../platform/pages/page';
import { presets } from '../presets';
import { consolePath } from './console-access';
import type { ConsolePages, Frame } from './console-pages';
import { etagOf } from '../etag';
import { labelOf, type ShownField, shownFields, type Typed, typedOf } from './form-fields';
import type { RecordExtras, ShownExtras } from './record-extras';
import { fieldsFor, type RecordKind } from './record-kinds';
import type { FoundRecords } from './record-search';

interface Link {
  readonly href: string;
  readonly title: string;
}

interface ShownForm {
  readonly first: readonly ShownField[];
  readonly more: readonly ShownField[];
  /** Whether something is wrong in `more`. */
  readonly isOpen: boolean;
  readonly failure: string | undefined;
}

const listPage = page<
  Frame & {
    readonly title: string;
    readonly about: string;
    readonly one: string;
    readonly list: string;
    readonly text: string;
    readonly columns: readonly string[];
    readonly rows: readonly { readonly href: string; readonly name: string; readonly cells: readonly string[] }[];
    readonly further: string | undefined;
    readonly add: string | undefined;
    readonly presets: readonly { readonly name: string; readonly about: string }[];
  }
>('operations/admin/console/views/list');

const formPage = page<
  Frame & {
    readonly title: string;
    readonly list: Link;
    readonly preset: string | undefined;
    readonly about: string | undefined;
    readonly form: ShownForm;
  }
>('operations/admin/console/views/new');

const recordPage = page<
  Frame & {
    readonly title: string;
    readonly list: Link;
    readonly href: string;
    readonly etag: string | undefined;
    readonly done: string | undefined;
    readonly facts: readonly { readonly label: string; readonly text: string }[];
    readonly form: ShownForm | undefined;
    readonly secret: { readonly word: string; readonly value: string } | undefined;
    readonly another: RecordKind['secret'];
    readonly removal: string | undefined;
  } & ShownExtras
>('operations/admin/console/views/record');

const removalPage = page<
  Frame & {
    readonly title: string;
    readonly list: Link;
    readonly href: string;
    readonly ends: readonly string[];
    readonly failure: string | undefined;
  }
>('operations/admin/console/views/removal');

/** What a change says when its page comes back. */
const done: Readonly<Record<string, string>> = {
  added: 'It is added.',
  changed: 'The change is saved.',
  ended: 'That has ended.',
};

export interface ShownRecord {
  readonly typed?: Typed;
  readonly failure?: ProtocolError;
  readonly done?: string | undefined;
  /** Shown once. */
  readonly secret?: string | undefined;
  readonly link?: string;
  readonly preset?: string | undefined;
}

/** What is wrong with a form, for its page. Throws: any error that is not about what was typed. */
export function failureOf(error: unknown, { request }: FastifyReply): ProtocolError {
  if (!(error instanceof ProtocolError) || ![400, 409, 412].includes(error.status)) throw error;
  request.events.emit({ type: 'request_refused', reason: error.reason ?? error.error });
  return error;
}

/** Shows the pages of one kind of record. */
export class RecordViews {
  readonly list: string;

  constructor(
    private readonly kind: RecordKind,
    private readonly pages: ConsolePages,
    private readonly extras: RecordExtras,
  ) {
    this.list = `${consolePath}/${kind.path}`;
  }

  hrefOf(record: JsonObject): string {
    return `${this.list}/${encodeURIComponent(String(record[this.kind.id]))}`;
  }

  sendList(reply: FastifyReply, by: Acting, text: string, { rows, next }: FoundRecords): void {
    const { kind, list } = this;
    const query =
      next === undefined ? undefined : new URLSearchParams({ ...(text !== '' && { q: text }), after: next });
    this.pages.send(reply, by, listPage, {
      title: kind.title,
      about: kind.about,
      one: kind.one,
      list,
      text,
      columns: [kind.name, ...kind.columns].map(labelOf),
      rows: rows.map((record) => ({
        href: this.hrefOf(record),
        name: this.nameOf(record),
        cells: Object.values(typedOf(record, kind.columns)).map(shown),
      })),
      further: query && `${list}?${query}`,
      add: by.role === 'admin' ? `${consolePath}/new/${kind.path}` : undefined,
      presets: kind.path === 'clients' ? Object.entries(presets).map(([name, { about }]) => ({ name, about })) : [],
    });
  }

  sendNew(reply: FastifyReply, by: Acting, preset: string | undefined, typed: Typed, failure?: ProtocolError): void {
    const { kind, list } = this;
    const form = this.formOf(fieldsFor(kind, by), typed, failure, preset);
    const about = preset === undefined ? undefined : presets[preset]?.about;
    const data = { title: `New ${kind.one}`, list: { href: list, title: kind.title }, preset, about, form };
    this.pages.send(reply, by, formPage, data, failure?.status);
  }

  async sendRecord(reply: FastifyReply, by: Acting, record: JsonObject, what: ShownRecord = {}): Promise<void> {
    const { kind, list } = this;
    const names = fieldsFor(kind, by, record);
    const href = this.hrefOf(record);
    const { secret, failure, typed = typedOf(record, names) } = what;
    const isAdmin = by.role === 'admin';
    const usesSecret = String(record['token_endpoint_auth_method'] ?? 'client_secret').startsWith('client_secret');
    const data = {
      title: this.nameOf(record),
      list: { href: list, title: kind.title },
      href,
      etag: etagOf(record),
      done: done[what.done ?? ''],
      facts: factsOf(record, names),
      form: names.length === 0 ? undefined : this.formOf(names, typed, failure),
      secret: secret === undefined ? undefined : { word: kind.secret?.word ?? '', value: secret },
      another: isAdmin && usesSecret ? kind.secret : undefined,
      removal: isAdmin ? `${href}/remove` : undefined,
      ...(await this.extras.of(kind, record, by, what)),
    };
    const wasMade = secret !== undefined || what.link !== undefined;
    this.pages.send(reply, by, recordPage, data, failure?.status ?? (wasMade ? 201 : 200));
  }

  sendRemoval(reply: FastifyReply, by: Acting, record: JsonObject, failure?: ProtocolError): void {
    const { kind, list } = this;
    const title = `Remove ${this.nameOf(record)}?`;
    const { ends } = kind;
    const data = { title, list: { href: list, title: kind.title }, href: this.hrefOf(record), ends };
    this.pages.send(reply, by, removalPage, { ...data, failure: failure?.message }, failure?.status);
  }

  private nameOf(record: JsonObject): string {
    return String(record[this.kind.name] ?? record[this.kind.id]);
  }

  /** Of a preset, what it needs comes first, and what other kinds need with the rest. */
  private formOf(
    names: readonly string[],
    typed: Typed,
    failure: ProtocolError | undefined,
    preset?: string,
  ): ShownForm {
    const fields = shownFields(this.kind.fields, names, typed, failure);
    const needs = (preset === undefined ? undefined : presets[preset]?.needs) ?? this.kind.first;
    const isFirst = ({ name }: ShownField) =>
      needs.includes(name) || (this.kind.first.includes(name) && !ofPresets.has(name));
    const more = fields.filter((field) => !isFirst(field));
    const wrong = fields.find(({ error }) => error !== undefined);
    return {
      first: fields.filter(isFirst),
      more,
      isOpen: wrong !== undefined && more.includes(wrong),
      failure: wrong === undefined ? failure?.message : `Please correct: ${wrong.label}`,
    };
  }
}

/** What some preset needs. */
const ofPresets = new Set(Object.values(presets).flatMap(({ needs }) => needs));

/** What the record has, but for what stands in the form. */
function factsOf(record: JsonObject, names: readonly string[]) {
  const others = Object.keys(record).filter((name) => !names.includes(name) && !secretNames.includes(name));
  const texts = Object.entries(typedOf(record, others));
  return texts.filter(([, text]) => text !== '').map(([name, text]) => ({ label: labelOf(name), text: shown(text) }));
}

const secretNames: readonly string[] = ['client_secret', 'token'];

/** The secret of an answer that has one. */
export function secretIn(record: JsonObject): string | undefined {
  const secret = secretNames.map((name) => record[name]).find((value) => typeof value === 'string');
  return secret === undefined ? undefined : String(secret);
}

function shown(text: string): string {
  if (text === 'true') return 'yes';
  return text === 'false' ? 'no' : text;
}
