import type { AuditLog } from './log.ts';
import type { AuditRecordDraft } from './record.ts';

/** A call that was refused before anyone knew who called. */
export interface RefusedCaller {
  readonly requestId: string;
  /** What was asked for; `unknown` where no operation has that name. */
  readonly operation: string;
  /** The error code that was answered, such as InvalidSignatureException. */
  readonly code: string;
  /** The key that was claimed, masked: `****` and at most its last four characters. */
  readonly accessKeyId: string;
}

/** Records calls whose signature did not hold. */
export interface RefusedCallers {
  /** Never waits and never throws. */
  refused(caller: RefusedCaller): void;
  /** Records what is still counted. */
  close(): Promise<void>;
}

/** Keys and codes that are told apart within a window; further ones share a record. */
const mostKinds = 8;
const windowMs = 60_000;

/**
 * Makes the recorder of calls that could not be authenticated. Anyone who reaches the port can make such calls, so they
 * must not fill the disk: of each key and code the first is recorded at once, and the others of the same minute in one
 * record that says how many. At most {@link mostKinds} are told apart; a flood of any size costs 18 records a minute.
 *
 * @param parts.after calls `work` later; a timer unless a test has its own
 * @param parts.onNotice told when the records cannot be written
 */
export function createRefusedCallers(parts: {
  readonly audit: Pick<AuditLog, 'append'>;
  readonly policyDigest: string;
  readonly ids: () => string;
  readonly after?: (work: () => void, ms: number) => void;
  readonly onNotice: (notice: string) => void;
}): RefusedCallers {
  const { audit, policyDigest, ids, onNotice } = parts;
  const after = parts.after ?? later;
  type Counted = { readonly caller: RefusedCaller; further: number };
  let counted = new Map<string, Counted>();
  let noticed = false;

  const record = async (caller: RefusedCaller, repeats: number): Promise<void> => {
    const draft: AuditRecordDraft = {
      kind: 'refusal',
      requestId: caller.requestId,
      decisionId: ids(),
      actor: { person: '-', accessKeyId: caller.accessKeyId },
      operation: caller.operation,
      policyDigest,
      rule: 'signature',
      code: caller.code,
      ...(repeats > 1 && { repeats }),
    };
    try {
      await audit.append(draft);
      noticed = false;
    } catch (error) {
      // Nothing ran, so nothing is withheld; the operator hears of it once, not at every attempt.
      if (!noticed) onNotice(`Refused calls could not be recorded: ${error instanceof Error ? error.message : error}`);
      noticed = true;
    }
  };

  const endWindow = async (): Promise<void> => {
    const ended = counted;
    counted = new Map();
    await Promise.all(
      [...ended.values()].filter(({ further }) => further > 0).map(({ caller, further }) => record(caller, further)),
    );
  };

  return {
    refused(given) {
      const key = `${given.code}\n${given.accessKeyId}`;
      const shared = !counted.has(key) && counted.size >= mostKinds;
      const caller = shared ? { ...given, accessKeyId: '-' } : given;
      const found = counted.get(shared ? 'others' : key);
      if (found !== undefined) {
        found.further += 1;
        return;
      }
      if (counted.size === 0) after(() => void endWindow(), windowMs);
      counted.set(shared ? 'others' : key, { caller, further: 0 });
      void record(caller, 1);
    },
    close: endWindow,
  };
}

function later(work: () => void, ms: number): void {
  setTimeout(work, ms).unref();
}
