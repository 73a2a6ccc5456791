import { defineOwnOperation } from '../../governance/index.ts';

/** Lists the backups that this server made. */
export const listBackups = defineOwnOperation('ListBackups', ['backups'], async (_request, { backups }) => ({
  backups: await backups.list(),
}));
