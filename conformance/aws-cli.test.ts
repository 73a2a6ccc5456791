import { execFile, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frontalFaces, smallSample } from './photos.ts';
import { discard, type Finished, type Server, startServer, temporaryFolder } from './server.ts';

const has = (command: string, args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const hasCli = has('aws', ['--version']);
const hasBoto3 = has('python3', ['-c', 'import boto3']);
if (!hasCli) console.warn('aws-cli is not on this machine: its smoke test is skipped');
if (!hasBoto3) console.warn('boto3 is not on this machine: its smoke test is skipped');

const folder = temporaryFolder('likeness-aws');
const photo = join(folder, 'photo.jpg');
let server: Server;

beforeAll(async () => {
  if (!hasCli && !hasBoto3) return;
  writeFileSync(photo, await smallSample(6));
  server = await startServer();
});
afterAll(async () => {
  await discard(server);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a tool with nothing but what the server prints for its users to set. */
function run(command: string, args: readonly string[]): Promise<Finished> {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const env = {
    ...Object.fromEntries(clean),
    AWS_SHARED_CREDENTIALS_FILE: server.credentialsFile,
    AWS_ENDPOINT_URL_REKOGNITION: server.url,
    AWS_CONFIG_FILE: join(folder, 'no-config'),
    AWS_PAGER: '',
  };
  return new Promise((resolve) => {
    execFile(command, [...args], { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

describe.skipIf(!hasCli)('the AWS command line (skipped where it is not installed)', () => {
  const aws = (...args: string[]) => run('aws', ['rekognition', ...args, '--output', 'json']);

  it('works with the credentials file and the endpoint alone', async () => {
    const made = await aws('create-collection', '--collection-id', 'cli');
    expect({ stderr: made.stderr, exitCode: made.exitCode }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(made.stdout).StatusCode).toBe(200);
    const detected = await aws('detect-faces', '--image-bytes', `fileb://${photo}`);
    expect(JSON.parse(detected.stdout).FaceDetails).toHaveLength(frontalFaces[6]);
    const told = await aws('describe-collection', '--collection-id', 'cli');
    // Version 1 of the tool prints the number of the wire, version 2 a date.
    const { CreationTimestamp } = JSON.parse(told.stdout);
    const createdMs = typeof CreationTimestamp === 'number' ? CreationTimestamp * 1000 : Date.parse(CreationTimestamp);
    expect(Math.abs(createdMs - Date.now())).toBeLessThan(600_000);
  });

  it('tells errors by their name and message', async () => {
    const missing = await aws('describe-collection', '--collection-id', 'missing');
    expect(missing.exitCode).not.toBe(0);
    expect(missing.stderr).toContain('ResourceNotFoundException');
    expect(missing.stderr).toContain('The collection id: missing does not exist');
  });
});

describe.skipIf(!hasBoto3)('boto3 (skipped where it is not installed)', () => {
  it('detects, indexes, searches and gets typed errors', async () => {
    const script = `
import boto3, json, sys
client = boto3.client('rekognition')
photo = open(sys.argv[1], 'rb').read()
client.create_collection(CollectionId='boto')
indexed = client.index_faces(CollectionId='boto', Image={'Bytes': photo}, ExternalImageId='a')
found = client.search_faces_by_image(CollectionId='boto', Image={'Bytes': photo})
pages = client.get_paginator('list_faces').paginate(CollectionId='boto', PaginationConfig={'PageSize': 2})
listed = [face['FaceId'] for page in pages for face in page['Faces']]
told = client.describe_collection(CollectionId='boto')
try:
    client.create_collection(CollectionId='boto')
    error = None
except client.exceptions.ResourceAlreadyExistsException as e:
    error = e.response['Error']['Message']
print(json.dumps({
    'indexed': [record['Face']['FaceId'] for record in indexed['FaceRecords']],
    'found': [match['Face']['FaceId'] for match in found['FaceMatches']],
    'listed': listed,
    'year': told['CreationTimestamp'].year,
    'count': told['FaceCount'],
    'error': error,
}))
`;
    const { exitCode, stdout, stderr } = await run('python3', ['-c', script, photo]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const told = JSON.parse(stdout);
    expect(told.indexed).toHaveLength(frontalFaces[6]);
    expect(told.found).toEqual([told.indexed[0]]);
    expect(told.listed.sort()).toEqual([...told.indexed].sort());
    expect(told).toMatchObject({
      year: new Date().getUTCFullYear(),
      count: frontalFaces[6],
      error: 'The collection id: boto already exists',
    });
  });
});
