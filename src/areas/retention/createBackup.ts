import { defineOwnOperation } from '../../governance/index.ts';

/** Begins a backup. */
export const createBackup = defineOwnOperation('CreateBackup', ['backups'], async (_request, { backups }) => ({
  backup: await backups.begin(),
}));
