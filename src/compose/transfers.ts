import { exportAction, importAction, type TransferParts } from '../governance/index.ts';

/** Registers how collections are moved once two persons agreed on it. */
export function openTransfers(parts: TransferParts): TransferParts {
  parts.dualControl.register('bulk-export', exportAction(parts));
  parts.dualControl.register('bulk-import', importAction(parts));
  return parts;
}
