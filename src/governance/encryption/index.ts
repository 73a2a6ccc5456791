export { createMasterKeyDesk, type MasterKeyDesk, type MasterKeyOrigin } from './master-key-desk.ts';
