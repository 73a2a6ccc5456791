/** The environment variable of the passphrase of an exported collection, for scripts. */
export const passphraseVariable = 'LIKENESS_EXPORT_PASSPHRASE';
