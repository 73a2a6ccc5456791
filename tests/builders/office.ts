import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { callerOfCredentials } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { OwnOperationName, OwnRequestOf, OwnResponseOf } from '../../src/contract/index.ts';
import type { Caller } from '../../src/governance/index.ts';
import { type WiredHouse, wire } from './open-house.ts';

/** Calls as one person with one key. */
export interface Desk {
  readonly caller: Caller;
  own<Name extends OwnOperationName>(name: Name, request: OwnRequestOf<Name>): Promise<OwnResponseOf<Name>>;
  /** Any operation, without validation. */
  call(name: string, request: unknown): Promise<unknown>;
}

/** A whole server in this process, without models, over a data folder of its own, and the persons who use it. */
export interface Office {
  readonly house: WiredHouse;
  readonly dataDir: string;
  readonly notices: string[];
  /** The first person, as the process itself. */
  readonly operator: Desk;
  desk(caller: Caller): Desk;
  /** The desk of a key as CreateKey or ApproveProposal told it. */
  deskOf(key: Readonly<Record<string, string>> | undefined): Promise<Desk>;
  /** Adds a person with a key: alone while the operator is, else approved by `approver`. */
  hire(name: string, roles: OwnRequestOf<'AddPerson'>['roles'], approver?: Desk): Promise<Desk>;
  /** Closes the server and opens the folder again. */
  restart(): Promise<Office>;
}

/** Opens an office; it is closed when the test ends. @param dataDir an existing folder instead of a fresh one */
export async function openOffice(dataDir?: string): Promise<Office> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'likeness-office-'));
  const notices: string[] = [];
  const config = loadConfig({
    env: { LIKENESS_DATA_DIR: folder, LIKENESS_TRUST_DIR: `${folder}-trust` },
    cwd: folder,
  });
  const house = await wire(config, { vision: false, onNotice: (notice) => notices.push(notice) });
  let open = true;
  const close = async () => {
    if (open) await house.close();
    open = false;
  };
  onTestFinished(async () => {
    await close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}-trust`, { recursive: true, force: true });
  });
  const desk = (caller: Caller): Desk => {
    const call = async (operation: string, request: unknown): Promise<unknown> =>
      (
        await house.dispatch({
          requestId: randomUUID(),
          caller,
          operation,
          request,
          signal: new AbortController().signal,
        })
      ).response;
    return { caller, call, own: (name, request) => call(name, request) as Promise<never> };
  };
  const deskOf: Office['deskOf'] = async (key) => {
    const { accessKeyId = '', secretAccessKey = '', sessionToken } = key ?? {};
    return desk(
      await callerOfCredentials(house, {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== undefined && { sessionToken }),
      }),
    );
  };
  const operator = desk(house.localCaller);
  return {
    house,
    dataDir: folder,
    notices,
    operator,
    desk,
    deskOf,
    async hire(name, roles, approver) {
      const settled = async (outcome: OwnResponseOf<'AddPerson'>) => {
        if (outcome.result !== undefined) return outcome.result;
        const { proposalId = '', digest = '' } = outcome;
        return (await (approver ?? operator).own('ApproveProposal', { proposalId, digest })).result;
      };
      await settled(await operator.own('AddPerson', { name, roles }));
      return deskOf(
        await settled(await operator.own('CreateKey', { person: name, purposes: house.localCaller.purposes })),
      );
    },
    async restart() {
      await close();
      return openOffice(folder);
    },
  };
}
