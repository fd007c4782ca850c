import type { Model, mongo } from 'mongoose';

/**
 * The driver's own collection behind a model: no document is built around a record that is only read or written whole.
 * What goes in must have the types of the schema already, because nothing casts it.
 */
export function collectionOf<Fields extends { _id: string }>(model: Model<Fields>): mongo.Collection<Fields> {
  return model.collection as unknown as mongo.Collection<Fields>;
}
