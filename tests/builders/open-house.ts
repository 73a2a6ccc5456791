/**
 * The tests' own door to what compose keeps inside: stores, models and keys. Nothing in `src/` may come this way.
 */
export { type WiredHouse, wire } from '../../src/compose/wire.ts';
