import type { mongo } from 'mongoose';
import {
  type Environment,
  environmentByRecords,
  markedTables,
  OtherEnvironmentError,
  seededTables,
} from './environment';
import { answered, isDuplicateKey } from './mongo-answered';

interface Mark {
  readonly _id: string;
  readonly name: Environment;
}

const id = 'environment';

/**
 * Makes the store one of this environment, if it is of none yet; of several first starts at once, one decides.
 * Throws: {@link OtherEnvironmentError}, with nothing written; StoreUnavailableError.
 */
export async function claimMongoEnvironment(db: mongo.Db, claimant: Environment): Promise<void> {
  const meta = db.collection<Mark>('meta');
  const marked = await ownerIn(meta);
  const owner = marked ?? environmentByRecords(await heldIn(db)) ?? claimant;
  if (owner !== claimant) throw new OtherEnvironmentError(owner);
  if (marked !== undefined) return;
  try {
    await answered(() => meta.insertOne({ _id: id, name: claimant }));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const winner = (await ownerIn(meta)) ?? claimant;
    if (winner !== claimant) throw new OtherEnvironmentError(winner);
  }
}

async function ownerIn(meta: mongo.Collection<Mark>): Promise<Environment | undefined> {
  return (await answered(() => meta.findOne({ _id: id })))?.name;
}

async function heldIn(db: mongo.Db): Promise<Parameters<typeof environmentByRecords>[0]> {
  const isHeld = async (name: string, filter: object) => {
    const first = await answered(() => db.collection(name).findOne(filter, { projection: { _id: 1 } }));
    return first !== null;
  };
  const seeded = await Promise.all(seededTables.map((name) => isHeld(name, { demo: true })));
  const held = await Promise.all(markedTables.map((name) => isHeld(name, {})));
  return { hasDemo: seeded.includes(true), hasOther: held.includes(true) };
}
