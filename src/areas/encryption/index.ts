export { getEncryption } from './getEncryption.ts';
export { rotateMasterKey } from './rotateMasterKey.ts';
