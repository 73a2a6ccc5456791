import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type House,
  heldDispatch,
  openHouse,
  post,
  rawRequest,
  signedHeaders,
  testKey,
  until,
} from '../../tests/edge/house.ts';

const houses: House[] = [];
const open = async (...changes: Parameters<typeof openHouse>) => {
  const house = await openHouse(...changes);
  houses.push(house);
  return house;
};
afterEach(async () => {
  await Promise.all(houses.splice(0).map(({ edge }) => edge.close({ graceMs: 0 })));
});

describe('under load', () => {
  it('a full house answers ThrottlingException at once, and the next when there is room', async () => {
    const { dispatch, release } = heldDispatch();
    const house = await open({
      dispatch,
      limits: { maxRunning: 1, maxWaiting: 1, maxBodyBytes: 1000, requestTimeoutMs: 10_000 },
    });
    const first = post(house, 'ListCollections', '{}');
    await until(() => release.length === 1);
    const second = post(house, 'ListCollections', '{}');
    const metric = async () => (await (await fetch(`${house.address.url}/metrics`)).text()).includes('waiting 1');
    while (!(await metric())) await pause(5);
    const third = await post(house, 'ListCollections', '{}');
    expect(await third.json()).toMatchObject({
      __type: 'ThrottlingException',
      Message: expect.stringMatching(/^Slow down/),
    });
    release[0]!();
    expect((await first).status).toBe(200);
    await until(() => release.length === 2);
    release[1]!();
    expect((await second).status).toBe(200);
  });

  it('bodies share one budget of memory, which is free again afterwards', async () => {
    const { dispatch, release } = heldDispatch();
    const house = await open({
      dispatch,
      limits: { maxRunning: 4, maxWaiting: 4, maxBodyBytes: 1000, bodyBudgetBytes: 1000, requestTimeoutMs: 10_000 },
    });
    const padded = `{"NextToken":"a"${' '.repeat(700)}}`;
    const first = post(house, 'ListCollections', padded);
    await until(() => release.length === 1);
    const second = await post(house, 'ListCollections', padded);
    expect(await second.json()).toMatchObject({ __type: 'ThrottlingException' });
    release[0]!();
    await first;
    const third = post(house, 'ListCollections', padded);
    await until(() => release.length === 2);
    release[1]!();
    expect((await third).status).toBe(200);
  });

  it('an operation that takes too long is aborted and answered', async () => {
    const { dispatch, aborted } = heldDispatch();
    const house = await open({
      dispatch,
      limits: { maxRunning: 1, maxWaiting: 1, maxBodyBytes: 1000, requestTimeoutMs: 100 },
    });
    const answer = await post(house, 'ListCollections', '{}');
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ __type: 'InternalServerError' });
    expect(aborted).toEqual(['RequestTimeoutError']);
  });

  it('a client that goes away aborts its operation', async () => {
    const { dispatch, aborted, release } = heldDispatch();
    const house = await open({ dispatch });
    const { host, port } = house.address;
    const named = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'RekognitionService.ListCollections',
      host: 'likeness',
    };
    const headers = await signedHeaders({ headers: named, body: '{}' }, testKey, { at: Date.now() });
    const lines = Object.entries({ ...headers, 'content-length': '2' }).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(port, host);
    socket.write(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{}`);
    await until(() => release.length === 1);
    socket.destroy();
    await until(() => aborted.length === 1);
    expect(aborted).toEqual(['ClientGoneError']);
    await until(() => house.log.some((line) => line.includes('client-gone')));
  });
});

describe('a connection', () => {
  it('that sends its headers too slowly is closed', async () => {
    const house = await open({
      limits: { maxRunning: 1, maxWaiting: 1, maxBodyBytes: 1000, requestTimeoutMs: 5000, headersTimeoutMs: 200 },
    });
    expect(await rawRequest(house, 'POST / HTTP/1.1\r\nHost: likeness\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408/);
  });

  it('that sends its body too slowly is answered, and holds nobody up', async () => {
    const house = await open({
      limits: { maxRunning: 1, maxWaiting: 0, maxBodyBytes: 1000, requestTimeoutMs: 500 },
    });
    const headers = await signedHeaders(
      {
        headers: {
          host: 'likeness',
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'RekognitionService.ListCollections',
        },
        body: '{}',
      },
      testKey,
      { at: Date.now() },
    );
    const lines = Object.entries({ ...headers, 'content-length': '2' }).map(([name, value]) => `${name}: ${value}`);
    const slow = rawRequest(house, `POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{`);
    expect((await post(house, 'ListCollections', '{}')).status).toBe(200);
    expect(await slow).toContain('InternalServerError');
  });

  it('by TLS serves the same', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'likeness-tls-'));
    const tls = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', tls.keyFile, '-out', tls.certFile],
    ]);
    if (made.status !== 0) context.skip('openssl, which makes the certificate, is not here');
    const house = await open({ tls });
    expect(house.address.url).toMatch(/^https:/);
    const ca = readFileSync(tls.certFile);
    const status = await new Promise((resolve, reject) => {
      get(`${house.address.url}/readyz`, { ca }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
    expect(status).toBe(200);
  });
});

describe('closing', () => {
  it('finishes what is under way and takes nothing new', async () => {
    const { dispatch, release } = heldDispatch();
    const house = await open({ dispatch });
    const first = post(house, 'ListCollections', '{}');
    await until(() => release.length === 1);
    const closed = house.edge.close({ graceMs: 10_000 });
    await expect(post(house, 'ListCollections', '{}')).rejects.toThrow();
    release[0]!();
    expect((await first).status).toBe(200);
    await closed;
    expect(house.edge.address()).toBeUndefined();
  });

  it('aborts what is under way after the grace', async () => {
    const { dispatch, release, aborted } = heldDispatch();
    const house = await open({ dispatch });
    const first = post(house, 'ListCollections', '{}');
    await until(() => release.length === 1);
    await house.edge.close({ graceMs: 50 });
    expect(await (await first).json()).toMatchObject({ __type: 'ThrottlingException', Message: 'Service Unavailable' });
    expect(aborted).toEqual(['ShuttingDownError']);
  });
});
