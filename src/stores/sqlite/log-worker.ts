import { parentPort, workerData } from 'node:worker_threads';
import Libsql from 'libsql';

const port = parentPort;
if (port === null) throw new Error('log-worker.js runs as a worker thread only');
const database = new Libsql(workerData as string);
const move = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', (request: 'move' | 'close') => {
  if (request === 'close') {
    database.close();
    port.close();
    return;
  }
  try {
    // Passive: neither who writes nor who reads is waited for or held up.
    move.all([]);
  } catch {
    // A full disk or a damaged file: the next commit, or the next search, meets it and says so.
  }
  port.postMessage('moved');
});
