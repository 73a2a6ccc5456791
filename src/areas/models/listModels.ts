import { defineOwnOperation } from '../../governance/index.ts';

/** Lists this server's models and optional packs with licence, provenance and digest. */
export const listModels = defineOwnOperation('ListModels', ['modelCatalog'], async (_request, { modelCatalog }) => ({
  models: await modelCatalog.models(),
  packs: await modelCatalog.packs(),
}));
