import { connect, type GlobalOptions } from '../connect.ts';
import { printResult, type Terminal } from '../output.ts';

const sources = {
  file: 'a file',
  environment: 'LIKENESS_MASTER_KEY',
  command: 'LIKENESS_MASTER_KEY_COMMAND',
} as const;

/** Tells which master key is in use. */
export async function runEncryptionStatus(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const status = await connection.own('GetEncryption', {});
    printResult(
      terminal,
      flags.json === true,
      status,
      () => `master key ${status.masterKeyId}, from ${sources[status.source]}`,
    );
  } finally {
    await connection.close();
  }
}

/** Wraps every key under a new master key. */
export async function runRotateMasterKey(flags: GlobalOptions, terminal: Terminal): Promise<void> {
  const connection = await connect(flags, terminal, { vision: false });
  try {
    const { masterKeyId, previousMasterKeyId } = await connection.own('RotateMasterKey', {});
    printResult(
      terminal,
      flags.json === true,
      { masterKeyId, previousMasterKeyId },
      () =>
        `master key ${masterKeyId} has taken the place of ${previousMasterKeyId}\n` +
        'keep a copy of the new one away from this machine: without it nothing in the data folder can be read\n' +
        'make a new backup: those made before open with the old key alone',
    );
  } finally {
    await connection.close();
  }
}
