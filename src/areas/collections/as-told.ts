import type { OwnResponseOf } from '../../contract/index.ts';
import type { Reembedder } from '../../governance/index.ts';

type Staging = Awaited<ReturnType<Reembedder['begin']>>;

/** A move to another face model in the words of the wire. */
export function reembeddingAsTold(
  { record }: Pick<Reembedder, 'record'>,
  { modelVersion, startedAtMs, stagedFaces, pendingFaces }: Staging,
): OwnResponseOf<'BeginReembedding'>['reembedding'] {
  return {
    from: record.modelVersion,
    to: modelVersion,
    startedAt: new Date(startedAtMs).toISOString(),
    stagedFaces,
    pendingFaces,
  };
}
