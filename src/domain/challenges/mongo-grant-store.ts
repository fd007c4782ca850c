import { Injectable } from '@nestjs/common';
import { InjectModel, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { type Model, type mongo, Schema as MongooseSchema } from 'mongoose';
import type { GrantedResource } from '../apis/granted-audience';
import type { Authentication } from '../identity/authentication';
import { lookAgain } from '../../platform/storage/look-again';
import { collectionOf } from '../../platform/storage/mongo-collection';
import { answered } from '../../platform/storage/mongo-answered';
import { fromHashRecord, type HashRecord, toHashRecord } from '../../platform/storage/mongo-hash';
import { decodePlace, encodePlace, type Page, type PageRequest } from '../../platform/storage/page';
import type { ChallengeKind } from './challenge';
import {
  type CodeProof,
  type Grant,
  type GrantModel,
  type LimitedKind,
  limitedKindOf,
  type RefreshState,
  type RevokedToken,
  revokedTokensAtMost,
  type SignatureProof,
  successorId,
} from './grant';
import { type GrantQuery, GrantStore, type Rotated, type RotationMatch } from './grant-store';

type RefreshRecord = Omit<RefreshState, 'rotatedAt' | 'expiresAt'> & {
  readonly rotatedAt?: Date;
  readonly expiresAt: Date;
};

type ProofRecord =
  | { readonly codeChallenge: HashRecord }
  | (Pick<SignatureProof, 'wallet' | 'chainId'> &
      Record<'messageHash' | 'signatureHash', HashRecord> & { readonly codeChallenge?: HashRecord });

interface RevokedTokenRecord {
  readonly jti: string;
  readonly expiresAt: Date;
}

const batchSize = 500;
const isLive = { $in: ['access', 'refresh'] satisfies LimitedKind[] };

@Schema({ collection: 'grants', versionKey: false, minimize: false })
export class GrantRecord {
  @Prop({ type: String, required: true }) _id!: string;
  @Prop({ type: Date, required: true }) expiresAt!: Date;
  @Prop({ type: String }) model?: GrantModel;
  @Prop({ type: String }) clientId?: string;
  @Prop({ type: [String], default: undefined }) scope?: string[];
  /** Of the audience: an identifier and the scopes granted there, with spaces between them. */
  @Prop({ type: [String], default: undefined }) resources?: string[];
  /** Of the audience, as there; absent: false. */
  @Prop({ type: Boolean }) together?: boolean;
  @Prop({ type: String }) sub?: string;
  /** Its values, with spaces between them. */
  @Prop({ type: String }) amr?: string;
  @Prop({ type: Number }) authTime?: number;
  @Prop({ type: Number }) chainId?: number;
  @Prop({ type: String }) accountProof?: 'code';
  @Prop({ type: MongooseSchema.Types.Mixed }) proof?: ProofRecord;
  @Prop({ type: Date }) createdAt?: Date;
  @Prop({ type: Date }) revokedAt?: Date;
  @Prop({ type: MongooseSchema.Types.Mixed }) refresh?: RefreshRecord;
  @Prop({ type: String }) sessionId?: string;
  @Prop({ type: MongooseSchema.Types.Mixed }) revokedTokens?: RevokedTokenRecord[];
  /** With which others of its subject and client the limit counts it, as long as it has not ended. */
  @Prop({ type: String }) live?: LimitedKind;
}

/** What has ended is found by its id alone; the rest by its subject, client and time, or by its client and session. */
export const GrantSchema = SchemaFactory.createForClass(GrantRecord)
  .index({ expiresAt: 1 }, { expireAfterSeconds: 0 })
  .index({ sub: 1, live: 1, clientId: 1, createdAt: 1 })
  .index({ clientId: 1, sessionId: 1, _id: 1 });

/** Keeps grants in MongoDB; one `findOneAndUpdate` with the whole predicate rotates a refresh token. */
@Injectable()
export class MongoGrantStore extends GrantStore {
  private readonly grants: mongo.Collection<GrantRecord>;

  constructor(@InjectModel(GrantRecord.name) grants: Model<GrantRecord>) {
    super();
    this.grants = collectionOf(grants);
  }

  async find(id: string): Promise<Grant | undefined> {
    return fromRecord(await answered(() => this.grants.findOne({ _id: { $eq: id } })));
  }

  async findSuccessor(kind: ChallengeKind, challengeId: string): Promise<Grant | undefined> {
    return lookAgain(() => this.find(successorId(kind, challengeId)));
  }

  async list(query: GrantQuery, { limit, after }: PageRequest, now: number): Promise<Page<Grant>> {
    const [session = '', id = ''] = after === undefined ? [] : decodePlace(after, 2);
    const isBehind = isOfClient(query) ? behind(session, id) : { _id: { $gt: id } };
    const predicate = {
      $and: [{ live: isLive, expiresAt: { $gt: new Date(now) }, ...fieldsOf(query) }, isBehind],
    } as mongo.Filter<GrantRecord>;
    const order = isOfClient(query) ? { sessionId: 1, _id: 1 } : { _id: 1 };
    const found = this.grants.find(predicate, { sort: order as mongo.Sort, limit: limit + 1, batchSize: limit + 1 });
    const records = await answered(() => found.toArray());
    const items = records.slice(0, limit).flatMap((record) => fromRecord(record) ?? []);
    const last = records.length > limit ? records[limit - 1] : undefined;
    return { items, ...(last !== undefined && { next: encodePlace(last.sessionId ?? '', last._id) }) };
  }

  async sessionIdsOf(clientId: string, limit: number, after = ''): Promise<string[]> {
    const ids = new Set<string>();
    for (let last = after; ids.size < limit;) {
      const predicate = {
        clientId: { $eq: clientId },
        sessionId: { $gt: last },
        live: isLive,
      } as mongo.Filter<GrantRecord>;
      const options = { sort: { sessionId: 1 }, limit: batchSize, batchSize, projection: { sessionId: 1 } } as const;
      const records = await answered(() => this.grants.find(predicate, options).toArray());
      for (const { sessionId } of records) if (sessionId !== undefined && ids.size < limit) ids.add(sessionId);
      if (records.length < batchSize) break;
      last = records.at(-1)?.sessionId ?? last;
    }
    return [...ids];
  }

  async rotate(id: string, match: RotationMatch, rotated: Rotated, now: number): Promise<Grant | undefined> {
    const { clientId, current, scope, jkt } = match;
    // Each value in $eq or $in, so that a value is never read as an operator.
    const predicate: mongo.Filter<GrantRecord> = {
      _id: { $eq: id },
      clientId: { $eq: clientId },
      revokedAt: { $exists: false },
      'refresh.current': { $eq: current },
      'refresh.expiresAt': { $gt: new Date(now) },
      // null stands for a field that is not there.
      'refresh.jkt': { $in: [null, ...(jkt === undefined ? [] : [jkt])] } as mongo.Condition<string>,
      ...(scope.length > 0 && { scope: { $in: [...scope] } }),
    };
    const change = Object.entries({ ...rotated, rotatedAt: new Date(rotated.rotatedAt) }).map(
      ([field, value]) => [`refresh.${field}`, value] as const,
    );
    const record = await answered(() =>
      this.grants.findOneAndUpdate(predicate, { $set: Object.fromEntries(change) }, { returnDocument: 'after' }),
    );
    return fromRecord(record);
  }

  async backdate(id: string, createdAt: number): Promise<void> {
    const change = { $set: { createdAt: new Date(createdAt) } };
    await answered(() => this.grants.updateOne({ _id: { $eq: id } }, change));
  }

  async revoke(id: string, now: number): Promise<boolean> {
    const { modifiedCount } = await answered(() => this.grants.updateOne(alive(id), endedAt(now)));
    return modifiedCount === 1;
  }

  async revokeAll(ids: readonly string[], now: number): Promise<string[]> {
    const ended = await Promise.all(ids.map((id) => this.revoke(id, now)));
    return ids.filter((_id, index) => ended[index]);
  }

  async revokeToken(id: string, { jti, expiresAt }: RevokedToken, now: number): Promise<boolean> {
    await answered(() =>
      this.grants.updateOne(alive(id), { $pull: { revokedTokens: { expiresAt: { $lte: new Date(now) } } } }),
    );
    const isThere = { ...alive(id), 'revokedTokens.jti': { $eq: jti } };
    const hasRoom = {
      ...alive(id),
      'revokedTokens.jti': { $ne: jti },
      [`revokedTokens.${revokedTokensAtMost - 1}`]: { $exists: false },
    };
    const change = { $push: { revokedTokens: { jti, expiresAt: new Date(expiresAt) } } };
    const added = await answered(() => this.grants.updateOne(hasRoom, change));
    return added.modifiedCount === 1 || (await answered(() => this.grants.findOne(isThere))) !== null;
  }
}

/** What ends a grant; it is not found among the live ones from then on. */
export function endedAt(now: number) {
  return { $set: { revokedAt: new Date(now) }, $unset: { live: '' } } as const;
}

function alive(id: string): mongo.Filter<GrantRecord> {
  return { _id: { $eq: id }, revokedAt: { $exists: false } };
}

/** Values in $eq, so that none is read as an operator. */
function fieldsOf({ sub, clientId, sessionId, refreshable }: GrantQuery): object {
  return {
    ...(sub !== undefined && { sub: { $eq: sub } }),
    ...(clientId !== undefined && { clientId: { $eq: clientId } }),
    ...(sessionId !== undefined && { sessionId: { $eq: sessionId } }),
    ...(refreshable !== undefined && { refresh: { $exists: refreshable } }),
  };
}

/** Whether the index of clients and sessions is the one to read. */
function isOfClient({ sub, clientId }: GrantQuery): boolean {
  return sub === undefined && clientId !== undefined;
}

/** What comes after a record in the order of sessions and ids; first those without a session. */
function behind(session: string, id: string): object {
  const later = { sessionId: { $gt: session } };
  const same = { sessionId: session === '' ? { $eq: null } : { $eq: session }, _id: { $gt: id } };
  return { $or: [later, same] };
}

export function toGrantRecord(grant: Grant): GrantRecord {
  const { id, createdAt, expiresAt, revokedAt, revokedTokens, refresh, scope, ...rest } = grant;
  const { audience, authentication, proof, ...fields } = rest;
  return {
    _id: id,
    ...fields,
    ...authentication,
    amr: authentication.amr.join(' '),
    proof: toProofRecord(proof),
    ...(audience !== undefined && { resources: audience.resources.map(toResource) }),
    ...(audience?.together === true && { together: true }),
    ...(revokedAt === undefined && { live: limitedKindOf(grant) }),
    ...(revokedTokens !== undefined && { revokedTokens: revokedTokens.map(toTokenRecord) }),
    scope: [...scope],
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    ...(revokedAt !== undefined && { revokedAt: new Date(revokedAt) }),
    ...(refresh !== undefined && { refresh: toRefreshRecord(refresh) }),
  };
}

function toTokenRecord({ jti, expiresAt }: RevokedToken): RevokedTokenRecord {
  return { jti, expiresAt: new Date(expiresAt) };
}

function toRefreshRecord({ rotatedAt, expiresAt, ...fields }: RefreshState): RefreshRecord {
  return {
    ...fields,
    expiresAt: new Date(expiresAt),
    ...(rotatedAt !== undefined && { rotatedAt: new Date(rotatedAt) }),
  };
}

function fromRecord(record: GrantRecord | null): Grant | undefined {
  if (record === null) return undefined;
  const { _id, model, clientId, scope, resources, together = false, proof, createdAt, expiresAt } = record;
  const { sessionId, revokedAt, revokedTokens = [], refresh } = record;
  const authentication = authenticationOf(record);
  if (!model || !clientId || !scope || !authentication || !proof || !createdAt) return undefined;
  return {
    id: _id,
    model,
    clientId,
    scope,
    ...(resources !== undefined && { audience: { together, resources: resources.map(fromResource) } }),
    authentication,
    proof: fromProofRecord(proof),
    createdAt: createdAt.getTime(),
    expiresAt: expiresAt.getTime(),
    ...(sessionId !== undefined && { sessionId }),
    ...(revokedAt !== undefined && { revokedAt: revokedAt.getTime() }),
    ...(revokedTokens.length > 0 && { revokedTokens: revokedTokens.map(fromTokenRecord) }),
    ...(refresh !== undefined && { refresh: fromRefreshRecord(refresh) }),
  };
}

function authenticationOf(record: GrantRecord): Authentication | undefined {
  const { sub, amr, authTime, chainId, accountProof } = record;
  if (sub === undefined || amr === undefined || authTime === undefined) return undefined;
  return {
    sub,
    amr: amr === '' ? [] : amr.split(' '),
    authTime,
    ...(chainId !== undefined && { chainId }),
    ...(accountProof !== undefined && { accountProof }),
  };
}

function toProofRecord(proof: CodeProof | SignatureProof): ProofRecord {
  if (!('wallet' in proof)) return { codeChallenge: toHashRecord(proof.codeChallenge) };
  const { messageHash, signatureHash, codeChallenge, ...fields } = proof;
  return {
    ...fields,
    messageHash: toHashRecord(messageHash, 'hex'),
    signatureHash: toHashRecord(signatureHash),
    ...(codeChallenge !== undefined && { codeChallenge: toHashRecord(codeChallenge) }),
  };
}

function fromProofRecord(proof: ProofRecord): CodeProof | SignatureProof {
  if (!('wallet' in proof)) return { codeChallenge: fromHashRecord(proof.codeChallenge) };
  const { messageHash, signatureHash, codeChallenge, ...fields } = proof;
  return {
    ...fields,
    messageHash: fromHashRecord(messageHash, 'hex'),
    signatureHash: fromHashRecord(signatureHash),
    ...(codeChallenge !== undefined && { codeChallenge: fromHashRecord(codeChallenge) }),
  };
}

/** Neither an identifier nor the name of a scope holds a space. */
function toResource({ identifier, scope }: GrantedResource): string {
  return [identifier, ...scope].join(' ');
}

function fromResource(resource: string): GrantedResource {
  const [identifier = '', ...scope] = resource.split(' ');
  return { identifier, scope };
}

function fromRefreshRecord({ rotatedAt, expiresAt, ...fields }: RefreshRecord): RefreshState {
  return {
    ...fields,
    expiresAt: expiresAt.getTime(),
    ...(rotatedAt !== undefined && { rotatedAt: rotatedAt.getTime() }),
  };
}

function fromTokenRecord({ jti, expiresAt }: RevokedTokenRecord): RevokedToken {
  return { jti, expiresAt: expiresAt.getTime() };
}
