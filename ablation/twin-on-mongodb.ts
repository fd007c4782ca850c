import { serveTwin } from './serve';

/** For the tests of the checks that stand in the store's adapters: on a database of theirs, and no other. */
const uri = process.env['TEST_MONGODB_URI'] ?? '';
if (process.env['NODE_ENV'] !== 'test' || !new URL(uri).pathname.startsWith('/tessera_test_')) process.exit(78);
serveTwin({ MONGODB_URI: uri });
