import { purposeNames } from '../shared/purpose-names.ts';
/** How a setting's value is written and what it may be. */
export type SettingType =
  | { readonly kind: 'text'; readonly pattern?: RegExp; readonly wanted: string }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** Comma-separated in the environment, an array in the file. */
  | { readonly kind: 'list'; readonly choices?: readonly string[]; readonly wanted: string }
  /** Relative to the working folder, or to the folder of the configuration file that names it; `~/` is the home folder. */
  | { readonly kind: 'path' };

/** One row of the table of settings. */
export interface Setting {
  /** Key in the configuration file; the environment variable is `LIKENESS_` and this in capitals. */
  readonly key: string;
  readonly type: SettingType;
  /** The default in words of the environment; absent: none, or worked out, as `defaultNote` says. */
  readonly default?: string;
  /** The default in words, where it is worked out at start. */
  readonly defaultNote?: string;
  readonly description: string;
  /** Its value is never printed. */
  readonly secret?: true;
}

const onOff: SettingType = { kind: 'choice', choices: ['on', 'off'] };
const bytes: SettingType = { kind: 'integer', min: 1024, max: 1_073_741_824 };

/** Every setting, in the order in which it is printed and documented. */
export const settings = [
  {
    key: 'host',
    type: { kind: 'text', pattern: /^[0-9A-Za-z.:_-]+$/, wanted: 'an address or host name' },
    default: '127.0.0.1',
    description:
      'Address to listen on. One that is not loopback makes the server reachable by others: give it TLS then.',
  },
  {
    key: 'port',
    type: { kind: 'integer', min: 0, max: 65_535 },
    default: '4480',
    description: 'Port to listen on; 0 takes a free one.',
  },
  {
    key: 'data_dir',
    type: { kind: 'path' },
    default: '.likeness',
    description: 'Folder of the database, the audit log and the credentials.',
  },
  {
    key: 'trust_dir',
    type: { kind: 'path' },
    defaultNote: 'the data folder with `-trust` after its name',
    description:
      'Folder of what must not share the fate of the data: the master key, the public key and the tombstones of erased subjects. Keep a copy of the master key elsewhere: without it nothing can be read.',
  },
  {
    key: 'master_key_file',
    type: { kind: 'path' },
    defaultNote: 'master-key in LIKENESS_TRUST_DIR',
    description: 'File of the master key that everything at rest is encrypted under; made at the first start.',
  },
  {
    key: 'master_key',
    type: { kind: 'text', wanted: '64 hex digits, or the Base64 of 32 bytes' },
    secret: true,
    description: 'The master key itself, instead of a file.',
  },
  {
    key: 'master_key_command',
    type: { kind: 'text', pattern: /\S/, wanted: 'a command' },
    description: 'A command that prints the master key, instead of a file; for a KMS. It runs in a shell at start.',
  },
  {
    key: 'master_key_previous',
    type: { kind: 'text', wanted: '64 hex digits, or the Base64 of 32 bytes' },
    secret: true,
    description: 'The master key that was used before: with it the server starts once and locks its keys anew.',
  },
  {
    key: 'audit_anchor_file',
    type: { kind: 'path' },
    description:
      "File to which the audit log's signed checkpoints are written a second time. Put it where who can change the data folder cannot: another disk, another machine's share, an append-only medium.",
  },
  {
    key: 'audit_checkpoint_records',
    type: { kind: 'integer', min: 1, max: 1_000_000 },
    default: '1000',
    description: 'A checkpoint of the audit log is signed after so many records at the latest.',
  },
  {
    key: 'audit_checkpoint_minutes',
    type: { kind: 'integer', min: 1, max: 1_440 },
    default: '60',
    description: 'And after so many minutes, where there were records.',
  },
  {
    key: 'backup_dir',
    type: { kind: 'path' },
    defaultNote: 'the data folder with `-backups` after its name',
    description: 'Folder into which the server writes its backups. They are encrypted; the master key is not in them.',
  },
  {
    key: 'backup_days',
    type: { kind: 'integer', min: 1, max: 3_650 },
    default: '30',
    description:
      'Days after which a backup expires: it is deleted, and no longer restored. Until then it holds who was erased since.',
  },
  {
    key: 'index_memory_mib',
    type: { kind: 'integer', min: 16, max: 16_777_216 },
    defaultNote: "six tenths of the machine's or the container's memory",
    description:
      'Memory that the search index may take, in MiB: about 0.28 KB for each face of 128 dimensions. What would not fit is refused with what it needs.',
  },
  {
    key: 'models_dir',
    type: { kind: 'path' },
    defaultNote: "likeness/models in the user's cache folder",
    description: 'Folder in which fetched and converted models are kept.',
  },
  {
    key: 'buckets_dir',
    type: { kind: 'path' },
    description: 'Folder whose folders answer as S3 buckets. A bucket found here is not looked for in S3.',
  },
  {
    key: 's3_endpoint',
    type: { kind: 'text', pattern: /^https?:\/\//, wanted: 'an http or https URL' },
    description: "URL of an S3 service for objects in buckets; without it, but with another S3 setting, AWS's own.",
  },
  {
    key: 's3_region',
    type: { kind: 'text', pattern: /^[a-z0-9-]+$/, wanted: 'a region such as eu-central-1' },
    defaultNote: 'LIKENESS_REGION',
    description: 'Region that requests to S3 are signed for.',
  },
  {
    key: 's3_access_key_id',
    type: { kind: 'text', wanted: 'an access key id' },
    description:
      "Access key for S3. Without one the AWS SDK's own chain is asked (shared files, container and instance roles).",
  },
  {
    key: 's3_secret_access_key',
    type: { kind: 'text', wanted: 'a secret access key' },
    secret: true,
    description: 'Secret of that access key.',
  },
  {
    key: 's3_session_token',
    type: { kind: 'text', wanted: 'a session token' },
    secret: true,
    description: 'Session token of that access key, where it is a temporary one.',
  },
  {
    key: 's3_path_style',
    type: onOff,
    defaultNote: 'on with LIKENESS_S3_ENDPOINT, else off',
    description:
      "Whether the bucket stands in the URL's path, as most services that are not AWS want it, or in the host name.",
  },
  {
    key: 'region',
    type: { kind: 'text', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/, wanted: 'a region such as us-east-1' },
    default: 'us-east-1',
    description: 'Region in ARNs, and the one that clients must sign for.',
  },
  {
    key: 'account_id',
    type: { kind: 'text', pattern: /^\d{12}$/, wanted: '12 digits' },
    default: '000000000000',
    description: 'Account in ARNs.',
  },
  {
    key: 'controller',
    type: { kind: 'text', pattern: /\S/, wanted: 'the name of an organisation or person' },
    default: 'the operator of this server',
    description: 'Who answers for the processing of faces: stands in consent receipts as the controller.',
  },
  {
    key: 'profile',
    type: { kind: 'choice', choices: ['accurate', 'fast', 'sface'] },
    default: 'accurate',
    description:
      'Face recipe that new collections get. A collection keeps the one it was created with. sface needs the pack of its name, calibrated here: docs/face-models.md.',
  },
  {
    key: 'face_detector',
    type: { kind: 'choice', choices: ['faceboxes', 'yunet'] },
    default: 'faceboxes',
    description:
      'What finds faces. yunet finds more small ones and needs the pack of its name: `likeness models pull yunet`.',
  },
  {
    key: 'workers',
    type: { kind: 'integer', min: 1, max: 256 },
    defaultNote: 'one for each core',
    description: 'Inference workers.',
  },
  {
    key: 'queue_limit',
    type: { kind: 'integer', min: 0, max: 100_000 },
    default: '64',
    description: 'Requests that may wait for a worker; further ones are answered with ThrottlingException.',
  },
  {
    key: 'request_timeout_ms',
    type: { kind: 'integer', min: 1_000, max: 3_600_000 },
    default: '60000',
    description: 'Longest time for one request, in milliseconds.',
  },
  {
    key: 'signatures',
    type: onOff,
    default: 'on',
    description:
      'Whether requests must be signed. Off is for trying things out, and refused unless the host is loopback.',
  },
  {
    key: 'tls_cert_file',
    type: { kind: 'path' },
    description: 'Certificate chain in PEM; with it and its key the server speaks HTTPS.',
  },
  { key: 'tls_key_file', type: { kind: 'path' }, description: 'Private key of that certificate, in PEM.' },
  {
    key: 'cors_origins',
    type: { kind: 'list', wanted: 'origins such as https://console.example.org' },
    default: '',
    description: 'Origins whose pages may call the server from a browser. Each is named in full; `*` is refused.',
  },
  {
    key: 'deployment',
    type: { kind: 'choice', choices: ['commercial', 'non-commercial'] },
    default: 'commercial',
    description:
      'What the server is run for. A model whose licence forbids commercial use is refused in a commercial deployment.',
  },
  {
    key: 'default_purpose',
    type: { kind: 'choice', choices: purposeNames },
    default: 'photo-library',
    description: 'Purpose of collections that are created without the tag likeness:purpose.',
  },
  {
    key: 'celebrity_collection',
    type: { kind: 'text', pattern: /^[a-zA-Z0-9_.-]{1,255}$/, wanted: 'the id of a collection' },
    description:
      'Collection of the purpose media-archive in which RecognizeCelebrities searches: the gallery of public figures. Without one nobody is recognised. Read docs/celebrities.md.',
  },
  {
    key: 'photo_library_attributes',
    type: { kind: 'list', choices: ['emotions', 'gender'], wanted: 'emotions, gender' },
    default: '',
    description: 'Sensitive attributes that the purpose photo-library may tell: emotions, gender, or both.',
  },
  {
    key: 'review_case_days',
    type: { kind: 'integer', min: 1, max: 365 },
    default: '30',
    description:
      'Days that a review case waits for two reviewers before it closes without a match, and that a closed one is remembered.',
  },
  {
    key: 'review_seed_percent',
    type: { kind: 'integer', min: 5, max: 50 },
    default: '20',
    description: 'Share of the review cases that get a known non-match among their candidates, to measure reviewers.',
  },
  {
    key: 'log_level',
    type: { kind: 'choice', choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] },
    default: 'info',
    description: 'Least severe messages that are logged.',
  },
  {
    key: 'image_max_bytes',
    type: bytes,
    default: '5242880',
    description: 'Longest image within a request (AWS: 5 MiB).',
  },
  {
    key: 'image_max_object_bytes',
    type: bytes,
    default: '15728640',
    description: 'Longest image in a bucket (AWS: 15 MB).',
  },
  {
    key: 'image_max_pixels',
    type: { kind: 'integer', min: 6_400, max: 268_402_689 },
    default: '100000000',
    description: 'Most pixels of an image, width times height. Decoding takes three bytes for each, in every worker.',
  },
  {
    key: 'image_min_side',
    type: { kind: 'integer', min: 1, max: 10_000 },
    default: '80',
    description: 'Fewest pixels on either side of an image (AWS: 80).',
  },
  {
    key: 'max_body_bytes',
    type: bytes,
    default: '16777216',
    description: 'Longest request body; images within it grow by a third.',
  },
  {
    key: 'collection_max_faces',
    type: { kind: 'integer', min: 1, max: 20_000_000 },
    default: '10000000',
    description: 'Most faces in a collection (AWS: 10 million, on request 20).',
  },
  {
    key: 'max_collections',
    type: { kind: 'integer', min: 1, max: 10_000_000 },
    default: '10000',
    description: 'Most collections.',
  },
] as const satisfies readonly Setting[];

/** The key of a row of {@link settings}. */
export type SettingKey = (typeof settings)[number]['key'];

/** The variable that names the configuration file; no setting itself, as a file cannot name itself. */
export const configFileVariable = 'LIKENESS_CONFIG';

/** The configuration file that is read from the working folder where the variable names none. */
export const configFileName = 'likeness.toml';

/** The environment variable of a setting. */
export function variableOf(key: SettingKey): string {
  return `LIKENESS_${key.toUpperCase()}`;
}
